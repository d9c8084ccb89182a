SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE TABLE public.chat_messages (
    room_id text NOT NULL,
    id bigint NOT NULL,
    sender_id text NOT NULL,
    sender_name text NOT NULL,
    text text NOT NULL,
    recipient_id text,
    recipient_name text,
    sent_at double precision NOT NULL,
    deleted_at double precision
);

CREATE TABLE public.mail_tokens (
    token_hash text NOT NULL,
    user_id text NOT NULL,
    purpose text NOT NULL,
    created_at double precision NOT NULL,
    expires_at double precision NOT NULL,
    used_at double precision
);

CREATE TABLE public.outgoing_mail (
    id bigint NOT NULL,
    recipient text NOT NULL,
    subject text NOT NULL,
    text text NOT NULL,
    html text NOT NULL,
    attempts integer NOT NULL,
    next_attempt_at double precision,
    last_error text,
    sent_at double precision,
    created_at double precision NOT NULL
);

CREATE SEQUENCE public.outgoing_mail_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.outgoing_mail_id_seq OWNED BY public.outgoing_mail.id;

CREATE TABLE public.room_bans (
    room_id text NOT NULL,
    person_id text NOT NULL,
    name text NOT NULL,
    banned_by text NOT NULL,
    banned_at double precision NOT NULL
);

CREATE TABLE public.room_events (
    id bigint NOT NULL,
    room_id text NOT NULL,
    person_id text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    at double precision NOT NULL
);

CREATE SEQUENCE public.room_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.room_events_id_seq OWNED BY public.room_events.id;

CREATE TABLE public.room_invitations (
    room_id text NOT NULL,
    email text NOT NULL,
    role text NOT NULL,
    added_at double precision NOT NULL
);

CREATE TABLE public.room_members (
    room_id text NOT NULL,
    user_id text NOT NULL,
    role text NOT NULL,
    added_at double precision NOT NULL
);

CREATE TABLE public.rooms (
    id text NOT NULL,
    code text NOT NULL,
    title text NOT NULL,
    owner_id text,
    access text NOT NULL,
    locked boolean NOT NULL,
    capacity integer,
    start_muted boolean NOT NULL,
    start_camera_off boolean NOT NULL,
    chat_enabled boolean NOT NULL,
    state text NOT NULL,
    created_at double precision NOT NULL,
    last_active_at double precision NOT NULL,
    expires_at double precision,
    ttl_seconds double precision,
    ended_at double precision
);

CREATE TABLE public.schema_version (
    version integer NOT NULL,
    name text NOT NULL
);

CREATE TABLE public.sessions (
    id text NOT NULL,
    family text NOT NULL,
    user_id text NOT NULL,
    token_hash text NOT NULL,
    signed_in_at double precision NOT NULL,
    created_at double precision NOT NULL,
    expires_at double precision NOT NULL,
    rotated_at double precision,
    revoked_at double precision,
    user_agent text NOT NULL,
    address text NOT NULL
);

CREATE TABLE public.users (
    id text NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    password_hash text NOT NULL,
    verified_at double precision,
    avatar_colour text NOT NULL,
    avatar bytea,
    avatar_type text,
    theme text NOT NULL,
    disabled_at double precision,
    created_at double precision NOT NULL
);

ALTER TABLE ONLY public.outgoing_mail ALTER COLUMN id SET DEFAULT nextval('public.outgoing_mail_id_seq'::regclass);

ALTER TABLE ONLY public.room_events ALTER COLUMN id SET DEFAULT nextval('public.room_events_id_seq'::regclass);

INSERT INTO public.chat_messages VALUES ('ae97ba94d0ed482f8f6d05584ef8aa38', 1760000020000000, '6513270e269e4d37b2a74de452e6b438', 'Ada O''Neill', 'Good morning
all of you 👋', NULL, NULL, 1760000020, NULL);
INSERT INTO public.chat_messages VALUES ('ae97ba94d0ed482f8f6d05584ef8aa38', 1760000020000001, 'd23f0824128b4f338c5c7fd0a6a3a450', 'Bén 🎈', 'it''s private', '6513270e269e4d37b2a74de452e6b438', 'Ada O''Neill', 1760000021, NULL);
INSERT INTO public.chat_messages VALUES ('923a736994e34f919a61dbe22e44158b', 1760000020000000, 'guest-9', 'Gus', 'the same number in another room', NULL, NULL, 1760000020, NULL);
INSERT INTO public.chat_messages VALUES ('ae97ba94d0ed482f8f6d05584ef8aa38', 1760000020000002, 'guest-9', 'Gus', '', NULL, NULL, 1760000022, 1760000023);

INSERT INTO public.mail_tokens VALUES ('db0899948d2ebcd6209fc183aa566d88193f45aeb6b19cfdfebde9db09c5969b', 'd23f0824128b4f338c5c7fd0a6a3a450', 'verify', 1760000007, 2075360007, NULL);

INSERT INTO public.outgoing_mail VALUES (1, 'ben@example.org', 'Confirm your address', 'Hello,

confirm.
', '<p>Hello</p>', 0, 1760000008, NULL, NULL, 1760000008);

INSERT INTO public.room_bans VALUES ('ae97ba94d0ed482f8f6d05584ef8aa38', 'guest-of-old', 'Mallory', '6513270e269e4d37b2a74de452e6b438', 1760000016);

INSERT INTO public.room_events VALUES (1, 'ae97ba94d0ed482f8f6d05584ef8aa38', '6513270e269e4d37b2a74de452e6b438', 'Ada O''Neill', 'joined', 1760000019);
INSERT INTO public.room_events VALUES (2, 'ae97ba94d0ed482f8f6d05584ef8aa38', 'guest-9', 'Gus', 'removed', 1760000024);

INSERT INTO public.room_invitations VALUES ('ae97ba94d0ed482f8f6d05584ef8aa38', 'dee@example.org', 'member', 1760000015);

INSERT INTO public.room_members VALUES ('ae97ba94d0ed482f8f6d05584ef8aa38', '6513270e269e4d37b2a74de452e6b438', 'host', 1760000009);
INSERT INTO public.room_members VALUES ('18f135d25f554203b01850c5a38fd547', '6513270e269e4d37b2a74de452e6b438', 'host', 1760000011);
INSERT INTO public.room_members VALUES ('ae97ba94d0ed482f8f6d05584ef8aa38', 'd23f0824128b4f338c5c7fd0a6a3a450', 'host', 1760000014);

INSERT INTO public.rooms VALUES ('923a736994e34f919a61dbe22e44158b', '23456-789ab-cdefg', '', NULL, 'open', false, NULL, false, false, true, 'created', 1760000010, 1760000010, 1760086410, 86400, NULL);
INSERT INTO public.rooms VALUES ('18f135d25f554203b01850c5a38fd547', 'zzzzz-yyyyy-xxxxx', 'Gone', '6513270e269e4d37b2a74de452e6b438', 'open', false, NULL, false, false, true, 'destroyed', 1760000011, 1760000011, NULL, NULL, 1760000012);
INSERT INTO public.rooms VALUES ('ae97ba94d0ed482f8f6d05584ef8aa38', 'abcde-fghjk-mnpqr', 'Staff; "weekly"', '6513270e269e4d37b2a74de452e6b438', 'members', false, 12, true, false, true, 'active', 1760000009, 1760000013, NULL, NULL, NULL);

INSERT INTO public.schema_version VALUES (1, 'accounts');
INSERT INTO public.schema_version VALUES (2, 'rooms');
INSERT INTO public.schema_version VALUES (3, 'chat');

INSERT INTO public.sessions VALUES ('90c192cfd3ac44af8f21ddb66cad4a26', '36f675cc81e74ef5a8e25d940ed90475', '6513270e269e4d37b2a74de452e6b438', '1f9a70b221b8610fcf7c173dc757e57ffc809481baf777a049709eae867024b2', 1760000005, 1760000005, 2075360005, NULL, NULL, 'Firefox', '192.0.2.7');
INSERT INTO public.sessions VALUES ('8e81973e0bec47b0b898d190f9ebdacc', 'a170b33839264059b28c105d1fb17c23', 'd23f0824128b4f338c5c7fd0a6a3a450', '9e089128c6a2a02b971045e5ef0265cc9b2341eb3746ed896675cae3ffebe903', 1760000005, 1760000005, 1760086405, NULL, 1760000006, 'curl', '2001:db8::7');

INSERT INTO public.users VALUES ('6513270e269e4d37b2a74de452e6b438', 'ada@example.org', 'Ada O''Neill', '$2b$12$abcdefghijklmnopqrstuv', 1760000003, '#3355aa', '\xf0f1f2f3f4f5f6f7f8f9fafbfcfdfeff0027', 'image/webp', '', NULL, 1760000000);
INSERT INTO public.users VALUES ('d23f0824128b4f338c5c7fd0a6a3a450', 'ben@example.org', 'Bén 🎈', '$2b$12$bbbbbbbbbbbbbbbbbbbbbb', NULL, '', NULL, NULL, 'dark', NULL, 1760000001);
INSERT INTO public.users VALUES ('9531985d5d9d49f89818e811892f902b', 'cy@example.org', 'Cy', '$2b$12$cccccccccccccccccccccc', NULL, '', NULL, NULL, '', 1760000004, 1760000002);

SELECT pg_catalog.setval('public.outgoing_mail_id_seq', 1, true);

SELECT pg_catalog.setval('public.room_events_id_seq', 2, true);

ALTER TABLE ONLY public.chat_messages
    ADD CONSTRAINT chat_messages_pkey PRIMARY KEY (room_id, id);

ALTER TABLE ONLY public.mail_tokens
    ADD CONSTRAINT mail_tokens_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY public.outgoing_mail
    ADD CONSTRAINT outgoing_mail_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.room_bans
    ADD CONSTRAINT room_bans_pkey PRIMARY KEY (room_id, person_id);

ALTER TABLE ONLY public.room_events
    ADD CONSTRAINT room_events_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.room_invitations
    ADD CONSTRAINT room_invitations_pkey PRIMARY KEY (room_id, email);

ALTER TABLE ONLY public.room_members
    ADD CONSTRAINT room_members_pkey PRIMARY KEY (room_id, user_id);

ALTER TABLE ONLY public.rooms
    ADD CONSTRAINT rooms_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.schema_version
    ADD CONSTRAINT schema_version_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

CREATE INDEX chat_messages_recipient_id ON public.chat_messages USING btree (recipient_id);

CREATE INDEX chat_messages_sender_id ON public.chat_messages USING btree (sender_id);

CREATE INDEX mail_tokens_expires_at ON public.mail_tokens USING btree (expires_at);

CREATE INDEX mail_tokens_user_id ON public.mail_tokens USING btree (user_id);

CREATE INDEX outgoing_mail_next_attempt_at ON public.outgoing_mail USING btree (next_attempt_at);

CREATE INDEX outgoing_mail_recipient ON public.outgoing_mail USING btree (recipient);

CREATE INDEX room_bans_person_id ON public.room_bans USING btree (person_id);

CREATE INDEX room_events_person_id ON public.room_events USING btree (person_id);

CREATE INDEX room_events_room_id_id ON public.room_events USING btree (room_id, id);

CREATE INDEX room_invitations_email ON public.room_invitations USING btree (email);

CREATE INDEX room_members_user_id ON public.room_members USING btree (user_id);

CREATE UNIQUE INDEX rooms_code ON public.rooms USING btree (code);

CREATE INDEX rooms_expires_at ON public.rooms USING btree (expires_at);

CREATE INDEX rooms_owner_id ON public.rooms USING btree (owner_id);

CREATE INDEX sessions_expires_at ON public.sessions USING btree (expires_at);

CREATE INDEX sessions_family ON public.sessions USING btree (family);

CREATE UNIQUE INDEX sessions_token_hash ON public.sessions USING btree (token_hash);

CREATE INDEX sessions_user_id ON public.sessions USING btree (user_id);

CREATE UNIQUE INDEX users_email ON public.users USING btree (email);

ALTER TABLE ONLY public.chat_messages
    ADD CONSTRAINT chat_messages_room_id_fkey FOREIGN KEY (room_id) REFERENCES public.rooms(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.mail_tokens
    ADD CONSTRAINT mail_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.room_bans
    ADD CONSTRAINT room_bans_room_id_fkey FOREIGN KEY (room_id) REFERENCES public.rooms(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.room_events
    ADD CONSTRAINT room_events_room_id_fkey FOREIGN KEY (room_id) REFERENCES public.rooms(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.room_invitations
    ADD CONSTRAINT room_invitations_room_id_fkey FOREIGN KEY (room_id) REFERENCES public.rooms(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.room_members
    ADD CONSTRAINT room_members_room_id_fkey FOREIGN KEY (room_id) REFERENCES public.rooms(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.room_members
    ADD CONSTRAINT room_members_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.rooms
    ADD CONSTRAINT rooms_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
