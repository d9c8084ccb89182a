// Generated from protocol.schema.json by `npm run types`.

export interface Protocol {
  client:
    | Join
    | Resume
    | Offer
    | Publish
    | Unpublish
    | Mute
    | Watch
    | Chat
    | Hand
    | React
    | History
    | Moderate
    | Ping
    | Leave;
  server: Ok | Error | Event | Events;
}
/**
 * Enter the room that the token names. The first message is this or `resume`.
 *
 * Answered by `welcome`; or by `waits` if a host must admit you: send `join` again once `admitted` comes.
 */
export interface Join {
  /**
   * chosen by the client, repeated in the reply
   */
  id: number;
  type: "join";
  /**
   * from POST /api/rooms/join
   */
  token: string;
}
/**
 * Resume after a lost WebSocket. Answered by `resumed`, then by every event after `last_event`.
 */
export interface Resume {
  /**
   * chosen by the client, repeated in the reply
   */
  id: number;
  type: "resume";
  /**
   * resume_token of `welcome`
   */
  token: string;
  /**
   * sequence number of the last event seen; 0: none
   */
  last_event: number;
}
/**
 * Send an SDP offer: the first, one with more slots, or one that restarts ICE. Answered by `answer`.
 */
export interface Offer {
  /**
   * chosen by the client, repeated in the reply
   */
  id: number;
  type: "offer";
  sdp: string;
}
/**
 * Publish what a send section of the offer carries; send it again to change the details.
 */
export interface Publish {
  /**
   * chosen by the client, repeated in the reply
   */
  id: number;
  type: "publish";
  mid: string;
  source: "microphone" | "camera" | "screen" | "screen_audio";
  muted?: boolean;
  width?: number | null;
  height?: number | null;
  /**
   * lowest first; empty for audio
   *
   * @maxItems 4
   */
  encodings?: Encoding[];
}
/**
 * One simulcast stream of a video track, as its sender announces it.
 */
export interface Encoding {
  /**
   * restriction identifier; empty without simulcast
   */
  rid?: string;
  /**
   * height of its pictures, pixels
   */
  height: number;
  /**
   * bits per second
   */
  max_bitrate?: number | null;
}
/**
 * Withdraw a publication.
 */
export interface Unpublish {
  /**
   * chosen by the client, repeated in the reply
   */
  id: number;
  type: "unpublish";
  source: "microphone" | "camera" | "screen" | "screen_audio";
}
/**
 * Mute or unmute one of your publications: the relay stops or resumes forwarding it.
 */
export interface Mute {
  /**
   * chosen by the client, repeated in the reply
   */
  id: number;
  type: "mute";
  source: "microphone" | "camera" | "screen" | "screen_audio";
  muted: boolean;
}
/**
 * Set what video slots should show. Slots that aren't named stay as they are.
 */
export interface Watch {
  /**
   * chosen by the client, repeated in the reply
   */
  id: number;
  type: "watch";
  /**
   * @maxItems 64
   */
  slots: SlotWatch[];
}
/**
 * What one video slot should show.
 */
export interface SlotWatch {
  /**
   * mid of a receive-only video section of the offer
   */
  slot: string;
  /**
   * null: nothing; the slot is empty
   */
  publication?: string | null;
  /**
   * height of the tile in physical pixels; 0: not visible, send nothing
   */
  height?: number;
  /**
   * higher: keeps its quality longer when bandwidth is short
   */
  priority?: number;
}
/**
 * Send a chat message to everyone or to one person. You get the `chat` event too.
 *
 * Answered by `chat_sent` if it has a `client_id`, by an empty `ok` otherwise. With a `client_id` you can send it
 * again if the answer was lost, also in a later session: it arrives once.
 */
export interface Chat {
  /**
   * chosen by the client, repeated in the reply
   */
  id: number;
  type: "chat";
  text: string;
  /**
   * participant, or `person` of one; null: everyone
   */
  to?: string | null;
  /**
   * 128 random bits in hexadecimal, new for each message
   */
  client_id?: string | null;
}
/**
 * Raise or lower your hand.
 */
export interface Hand {
  /**
   * chosen by the client, repeated in the reply
   */
  id: number;
  type: "hand";
  raised: boolean;
}
/**
 * Show a passing reaction to everyone.
 */
export interface React {
  /**
   * chosen by the client, repeated in the reply
   */
  id: number;
  type: "react";
  emoji: string;
}
/**
 * Ask for older chat messages. Answered by `chat_page`.
 */
export interface History {
  /**
   * chosen by the client, repeated in the reply
   */
  id: number;
  type: "history";
  /**
   * id of a message; null: the latest
   */
  before?: number | null;
  limit?: number;
}
/**
 * Do something that only hosts may do.
 */
export interface Moderate {
  /**
   * chosen by the client, repeated in the reply
   */
  id: number;
  type: "moderate";
  action:
    | MutePerson
    | MuteAll
    | AskUnmute
    | LowerHand
    | Remove
    | Ban
    | Admit
    | Deny
    | Lock
    | MakeHost
    | HandOver
    | DeleteChat
    | End;
}
/**
 * Mute someone's publication: the relay stops forwarding it. They may unmute it themselves.
 */
export interface MutePerson {
  do: "mute";
  participant: string;
  source: "microphone" | "camera" | "screen" | "screen_audio";
}
/**
 * Like `mute`, for everyone except hosts.
 */
export interface MuteAll {
  do: "mute_all";
  source: "microphone" | "camera" | "screen" | "screen_audio";
}
/**
 * Ask someone to unmute: they get `unmute.asked`, and must unmute themselves.
 */
export interface AskUnmute {
  do: "ask_unmute";
  participant: string;
  source: "microphone" | "camera" | "screen" | "screen_audio";
}
/**
 * Lower someone's hand.
 */
export interface LowerHand {
  do: "lower_hand";
  participant: string;
}
/**
 * Remove someone from this call. They can't rejoin until everyone has left it.
 */
export interface Remove {
  do: "remove";
  participant: string;
}
/**
 * Ban someone from the room.
 */
export interface Ban {
  do: "ban";
  participant: string;
}
/**
 * Admit one waiting person, or all.
 */
export interface Admit {
  do: "admit";
  /**
   * null: all
   */
  waiting?: string | null;
}
/**
 * Deny a waiting person.
 */
export interface Deny {
  do: "deny";
  waiting: string;
}
/**
 * Lock or unlock the room; it is unlocked once everyone has left.
 */
export interface Lock {
  do: "lock";
  locked: boolean;
}
/**
 * Give someone the host role.
 */
export interface MakeHost {
  do: "make_host";
  participant: string;
}
/**
 * Give someone your host role, and lose it.
 */
export interface HandOver {
  do: "hand_over";
  participant: string;
}
/**
 * Delete a chat message for everyone.
 */
export interface DeleteChat {
  do: "delete_chat";
  message: number;
}
/**
 * End the call for everyone. The room stays, and people can join it again.
 */
export interface End {
  do: "end";
}
/**
 * Do nothing: measures the round trip, and keeps the connection alive.
 */
export interface Ping {
  /**
   * chosen by the client, repeated in the reply
   */
  id: number;
  type: "ping";
}
/**
 * Leave the room for good.
 */
export interface Leave {
  /**
   * chosen by the client, repeated in the reply
   */
  id: number;
  type: "leave";
}
/**
 * The request was carried out.
 */
export interface Ok {
  type: "ok";
  id: number;
  result?: (Welcome | Waits | Resumed | Answer | ChatPage | ChatSent) | null;
}
/**
 * Result of `join`: everything that a newcomer needs to know.
 */
export interface Welcome {
  type: "welcome";
  you: Participant;
  rights: Rights;
  room: Room;
  /**
   * the others
   */
  participants: Participant[];
  /**
   * people waiting to be admitted; for hosts
   */
  waiting?: Waiting[];
  /**
   * recent messages, oldest first
   */
  chat: ChatMessage[];
  /**
   * times, in microseconds since 1970 as ids of messages are, at or soon after which messages may be missing: the server stopped before it had stored them; 0: before the first message
   */
  chat_gaps?: number[];
  ice_servers: IceServer[];
  slots: SlotCounts;
  resume_token: string;
  /**
   * how long after a lost WebSocket `resume` is possible
   */
  resume_seconds: number;
  /**
   * sequence number that this state includes
   */
  last_event: number;
  /**
   * null: of an earlier release
   */
  video_codecs?: VideoCodecs | null;
  /**
   * null: of the first release
   */
  server?: Server | null;
}
/**
 * A person (or a program) in the room.
 */
export interface Participant {
  id: string;
  /**
   * the same whenever this person joins this room, and a different one in other rooms
   */
  person?: string;
  name: string;
  /**
   * joining: no media connection yet; lost: nothing heard from it for some seconds
   */
  connection: "joining" | "connected" | "lost";
  /**
   * of its connection; see the event `quality`
   */
  quality?: "good" | "poor" | "lost";
  /**
   * hand raised
   */
  hand?: boolean;
  host?: boolean;
  /**
   * without an account, so the name is unverified
   */
  guest?: boolean;
  /**
   * address of a picture on this server
   */
  avatar?: string | null;
  /**
   * #rrggbb, to stand for the picture
   */
  colour?: string | null;
  publications?: Publication[];
}
/**
 * A track that a participant sends.
 */
export interface Publication {
  /**
   * participant and source, joined by a full stop
   */
  id: string;
  participant: string;
  source: "microphone" | "camera" | "screen" | "screen_audio";
  kind: "audio" | "video";
  /**
   * true: the relay forwards nothing of it
   */
  muted: boolean;
  /**
   * of the full picture, pixels; null for audio, or if unknown
   */
  width?: number | null;
  height?: number | null;
}
/**
 * What a participant may do.
 */
export interface Rights {
  publish?: boolean;
  chat?: boolean;
  /**
   * is a host: may send `moderate`
   */
  moderate?: boolean;
}
/**
 * A room and its settings.
 */
export interface Room {
  id: string;
  code: string;
  /**
   * the room's name, for people; may be empty
   */
  title?: string;
  /**
   * open: anyone with the code can join; members: only members; waiting: members join, others wait until a host admits them
   */
  access?: "open" | "members" | "waiting";
  /**
   * only hosts can join, and people who are back from a lost connection
   */
  locked?: boolean;
  /**
   * participants join muted, except hosts
   */
  start_muted?: boolean;
  /**
   * participants join with the camera off, except hosts
   */
  start_camera_off?: boolean;
  /**
   * false: chat is off
   */
  chat?: boolean;
  /**
   * maximum participants; null: as many as the server allows
   */
  capacity?: number | null;
}
/**
 * Someone who is waiting to be admitted.
 */
export interface Waiting {
  id: string;
  name: string;
  guest?: boolean;
}
/**
 * A chat message, plain text.
 */
export interface ChatMessage {
  /**
   * later messages have greater ones
   */
  id: number;
  /**
   * participant; empty: they have left the room
   */
  sender: string;
  /**
   * the sender's `person`, also after they have left
   */
  sender_person?: string;
  /**
   * you wrote it, perhaps in an earlier call
   */
  mine?: boolean;
  sender_name: string;
  text: string;
  /**
   * participant; null: everyone; empty: someone who has left the room
   */
  to?: string | null;
  to_name?: string | null;
  /**
   * seconds since 1970, UTC, by the server's clock
   */
  sent_at: number;
  /**
   * the one you sent it with; null for messages of others
   */
  client_id?: string | null;
}
/**
 * A STUN or TURN server, in the form `RTCPeerConnection` takes.
 */
export interface IceServer {
  urls: string[];
  username?: string | null;
  credential?: string | null;
}
/**
 * How many receive slots the first offer should hold.
 */
export interface SlotCounts {
  audio: number;
  video: number;
}
/**
 * Which codecs to use for video, preferred first.
 */
export interface VideoCodecs {
  /**
   * codecs that offers should have, of those that you know
   */
  offer: string[];
  /**
   * as in `codecs`
   */
  send: string[];
}
/**
 * The server that you are connected to.
 */
export interface Server {
  /**
   * for people and logs; ask `features` what it can do
   */
  version: string;
  /**
   * what it can do beyond the first release of the protocol
   */
  features: string[];
}
/**
 * Result of `join` if a host must admit you: stay connected, and `admitted` or `bye` will follow.
 */
export interface Waits {
  type: "waits";
  room: Room;
}
/**
 * Result of `resume`; the missed events follow.
 */
export interface Resumed {
  type: "resumed";
  /**
   * number of events that follow
   */
  missed: number;
  /**
   * false: you have no live media connection; send an offer from a new peer connection
   */
  negotiated: boolean;
}
/**
 * Result of `offer`.
 */
export interface Answer {
  type: "answer";
  sdp: string;
}
/**
 * Result of `history`.
 */
export interface ChatPage {
  type: "chat_page";
  /**
   * oldest first
   */
  messages: ChatMessage[];
  /**
   * there are older ones
   */
  more: boolean;
  /**
   * times, in microseconds since 1970 as ids of messages are, at or soon after which messages may be missing: the server stopped before it had stored them; 0: before the first message
   */
  gaps?: number[];
}
/**
 * Result of `chat` with a `client_id`.
 */
export interface ChatSent {
  type: "chat_sent";
  /**
   * its id, the same each time that it is sent
   */
  message: number;
  client_id: string;
}
/**
 * The request was refused.
 */
export interface Error {
  type: "error";
  /**
   * null: the message had no readable id
   */
  id: number | null;
  code:
    | "bad_message"
    | "bad_state"
    | "bad_token"
    | "bad_offer"
    | "media_closed"
    | "not_found"
    | "not_allowed"
    | "too_many"
    | "room_full"
    | "room_locked"
    | "removed"
    | "banned"
    | "cannot_resume"
    | "unavailable"
    | "internal";
  /**
   * a sentence for people
   */
  message: string;
}
/**
 * Something happened in the room.
 */
export interface Event {
  type: "event";
  /**
   * one more than the event before
   */
  seq: number;
  event:
    | ParticipantJoined
    | ParticipantUpdated
    | ParticipantLeft
    | PublicationAdded
    | PublicationUpdated
    | PublicationsMuted
    | PublicationRemoved
    | SlotChanged
    | LayersWanted
    | CodecsChanged
    | IceServersRenewed
    | Speakers
    | Quality
    | ChatAdded
    | ChatDeleted
    | RoomUpdated
    | RightsUpdated
    | WaitingJoined
    | WaitingLeft
    | Admitted
    | UnmuteAsked
    | MediaClosed
    | Reaction
    | Bye;
}
/**
 * Someone joined.
 */
export interface ParticipantJoined {
  type: "participant.joined";
  participant: Participant;
}
/**
 * A participant's connection state, hand, name or role changed.
 */
export interface ParticipantUpdated {
  type: "participant.updated";
  participant: string;
  name: string;
  connection: "joining" | "connected" | "lost";
  hand: boolean;
  host?: boolean;
}
/**
 * Someone left, and their publications are gone.
 */
export interface ParticipantLeft {
  type: "participant.left";
  participant: string;
  why: "left" | "lost" | "removed" | "replaced";
}
/**
 * Someone started to publish a track.
 */
export interface PublicationAdded {
  type: "publication.added";
  publication: Publication;
}
/**
 * A publication was muted or unmuted, or its picture size changed.
 */
export interface PublicationUpdated {
  type: "publication.updated";
  publication: Publication;
  /**
   * participant id of the host who muted it; null: its publisher did
   */
  by?: string | null;
}
/**
 * A host muted everyone: the same as `publication.updated` with `muted: true` for each of these.
 */
export interface PublicationsMuted {
  type: "publications.muted";
  publications: string[];
  /**
   * participant
   */
  by: string;
}
/**
 * A publication was withdrawn.
 */
export interface PublicationRemoved {
  type: "publication.removed";
  publication: string;
}
/**
 * One of your slots carries something else from now on.
 */
export interface SlotChanged {
  type: "slot";
  slot: string;
  publication: string | null;
  /**
   * rid of the encoding being sent; null: none
   */
  layer?: string | null;
  paused?: boolean;
  /**
   * why it is paused; waiting: for a keyframe or the first packet; codec: the publication is in a format that the section's codecs can't decode
   */
  why?: ("hidden" | "muted" | "waiting" | "codec" | "bandwidth" | "overload") | null;
}
/**
 * Which encodings of your video anyone watches: stop the others, and begin each of these with a keyframe.
 *
 * Has all your video sources. At first all encodings are wanted, and again in each new peer connection; within one,
 * this holds for a section although you withdraw and publish its source again.
 */
export interface LayersWanted {
  type: "layers.wanted";
  sources: SourceLayers[];
}
/**
 * The encodings that are wanted of one source.
 */
export interface SourceLayers {
  source: "microphone" | "camera" | "screen" | "screen_audio";
  /**
   * the encodings to send; empty: none. The only encoding has an empty rid
   */
  rids: string[];
}
/**
 * Other video codecs than before should be sent, because someone came or left.
 */
export interface CodecsChanged {
  type: "codecs";
  /**
   * codecs such as `VP8` that everyone here can decode, preferred first, or if there are none, those that most people can: send the first that you can encode, and change to it if you send another
   */
  send: string[];
}
/**
 * Fresh passwords for the TURN servers, long before the ones you have end: use these from now on.
 */
export interface IceServersRenewed {
  type: "ice_servers";
  ice_servers: IceServer[];
}
/**
 * The current speakers, loudest first. Sent when they change.
 */
export interface Speakers {
  type: "speakers";
  participants: string[];
}
/**
 * Someone's connection quality changed.
 */
export interface Quality {
  type: "quality";
  participant: string;
  quality: "good" | "poor" | "lost";
  /**
   * share of packets lost, the worse of both directions
   */
  loss: number;
  round_trip_ms?: number | null;
}
/**
 * A chat message was sent.
 */
export interface ChatAdded {
  type: "chat";
  message: ChatMessage;
}
/**
 * A host deleted a chat message.
 */
export interface ChatDeleted {
  type: "chat.deleted";
  /**
   * its id
   */
  message: number;
}
/**
 * The room's title or settings changed.
 */
export interface RoomUpdated {
  type: "room.updated";
  room: Room;
}
/**
 * Your own rights changed.
 */
export interface RightsUpdated {
  type: "rights.updated";
  rights: Rights;
  /**
   * people waiting to be admitted; for hosts
   */
  waiting?: Waiting[];
}
/**
 * Someone is waiting to be admitted. For hosts.
 */
export interface WaitingJoined {
  type: "waiting.joined";
  waiting: Waiting;
}
/**
 * Someone who was waiting was admitted or denied, or has left. For hosts.
 */
export interface WaitingLeft {
  type: "waiting.left";
  waiting: string;
}
/**
 * A host has admitted you: send `join` with this token, now or on a new WebSocket.
 */
export interface Admitted {
  type: "admitted";
  token: string;
}
/**
 * A host asks you to unmute.
 */
export interface UnmuteAsked {
  type: "unmute.asked";
  source: "microphone" | "camera" | "screen" | "screen_audio";
  /**
   * name of the host
   */
  by: string;
}
/**
 * Your media connection has ended. Send an offer from a new peer connection.
 */
export interface MediaClosed {
  type: "media.closed";
  /**
   * names the connection: the ICE user name in its latest answer
   */
  ice_ufrag: string;
  /**
   * silent: no connectivity check came for 30 s; failed: it was never connected, or an error ended it; closed: you closed it
   */
  why: "silent" | "failed" | "closed";
}
/**
 * Someone sent a reaction.
 */
export interface Reaction {
  type: "reaction";
  participant: string;
  emoji: string;
}
/**
 * The last message of a session; the WebSocket is closed after it.
 */
export interface Bye {
  type: "bye";
  /**
   * ended: a host ended the call; room_closed: the room was deleted; denied: not admitted
   */
  why:
    | "left"
    | "lost"
    | "replaced"
    | "removed"
    | "banned"
    | "denied"
    | "ended"
    | "room_closed"
    | "room_expired"
    | "signed_out"
    | "server_stopping";
}
/**
 * Several events in one frame, in order: what happened within a short time.
 */
export interface Events {
  type: "events";
  /**
   * of the first; each of the others has one more than the one before it
   */
  seq: number;
  /**
   * @minItems 1
   */
  events: (
    | ParticipantJoined
    | ParticipantUpdated
    | ParticipantLeft
    | PublicationAdded
    | PublicationUpdated
    | PublicationsMuted
    | PublicationRemoved
    | SlotChanged
    | LayersWanted
    | CodecsChanged
    | IceServersRenewed
    | Speakers
    | Quality
    | ChatAdded
    | ChatDeleted
    | RoomUpdated
    | RightsUpdated
    | WaitingJoined
    | WaitingLeft
    | Admitted
    | UnmuteAsked
    | MediaClosed
    | Reaction
    | Bye
  )[];
}

/** What holds for a room where the server says nothing of a setting. */
export const ROOM_DEFAULTS: Required<Omit<Room, "id" | "code">> = {
  title: "",
  access: "open",
  locked: false,
  start_muted: false,
  start_camera_off: false,
  chat: true,
  capacity: null,
};

/** Unicode code points that a chat message may have. */
export const LONGEST_CHAT = 4000;
