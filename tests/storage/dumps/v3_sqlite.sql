BEGIN TRANSACTION;
CREATE TABLE chat_messages (
        room_id TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
        id INTEGER NOT NULL,
        sender_id TEXT NOT NULL,
        sender_name TEXT NOT NULL,
        text TEXT NOT NULL,
        recipient_id TEXT,
        recipient_name TEXT,
        sent_at REAL NOT NULL,
        deleted_at REAL,
        PRIMARY KEY (room_id, id)
    );
INSERT INTO "chat_messages" VALUES('ae97ba94d0ed482f8f6d05584ef8aa38',1760000020000000,'6513270e269e4d37b2a74de452e6b438','Ada O''Neill','Good morning
all of you 👋',NULL,NULL,1760000020.0,NULL);
INSERT INTO "chat_messages" VALUES('ae97ba94d0ed482f8f6d05584ef8aa38',1760000020000001,'d23f0824128b4f338c5c7fd0a6a3a450','Bén 🎈','it''s private','6513270e269e4d37b2a74de452e6b438','Ada O''Neill',1760000021.0,NULL);
INSERT INTO "chat_messages" VALUES('ae97ba94d0ed482f8f6d05584ef8aa38',1760000020000002,'guest-9','Gus','',NULL,NULL,1760000022.0,1760000023.0);
INSERT INTO "chat_messages" VALUES('923a736994e34f919a61dbe22e44158b',1760000020000000,'guest-9','Gus','the same number in another room',NULL,NULL,1760000020.0,NULL);
CREATE TABLE mail_tokens (
        token_hash TEXT NOT NULL PRIMARY KEY,
        user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        purpose TEXT NOT NULL,
        created_at REAL NOT NULL,
        expires_at REAL NOT NULL,
        used_at REAL
    );
INSERT INTO "mail_tokens" VALUES('db0899948d2ebcd6209fc183aa566d88193f45aeb6b19cfdfebde9db09c5969b','d23f0824128b4f338c5c7fd0a6a3a450','verify',1760000007.0,2075360007.0,NULL);
CREATE TABLE outgoing_mail (
        id INTEGER NOT NULL PRIMARY KEY,
        recipient TEXT NOT NULL,
        subject TEXT NOT NULL,
        text TEXT NOT NULL,
        html TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        next_attempt_at REAL,
        last_error TEXT,
        sent_at REAL,
        created_at REAL NOT NULL
    );
INSERT INTO "outgoing_mail" VALUES(1,'ben@example.org','Confirm your address','Hello,

confirm.
','<p>Hello</p>',0,1760000008.0,NULL,NULL,1760000008.0);
CREATE TABLE room_bans (
        room_id TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
        person_id TEXT NOT NULL,
        name TEXT NOT NULL,
        banned_by TEXT NOT NULL,
        banned_at REAL NOT NULL,
        PRIMARY KEY (room_id, person_id)
    );
INSERT INTO "room_bans" VALUES('ae97ba94d0ed482f8f6d05584ef8aa38','guest-of-old','Mallory','6513270e269e4d37b2a74de452e6b438',1760000016.0);
CREATE TABLE room_events (
        id INTEGER NOT NULL PRIMARY KEY,
        room_id TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
        person_id TEXT NOT NULL,
        name TEXT NOT NULL,
        kind TEXT NOT NULL,
        at REAL NOT NULL
    );
INSERT INTO "room_events" VALUES(1,'ae97ba94d0ed482f8f6d05584ef8aa38','6513270e269e4d37b2a74de452e6b438','Ada O''Neill','joined',1760000019.0);
INSERT INTO "room_events" VALUES(2,'ae97ba94d0ed482f8f6d05584ef8aa38','guest-9','Gus','removed',1760000024.0);
CREATE TABLE room_invitations (
        room_id TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
        email TEXT NOT NULL,
        role TEXT NOT NULL,
        added_at REAL NOT NULL,
        PRIMARY KEY (room_id, email)
    );
INSERT INTO "room_invitations" VALUES('ae97ba94d0ed482f8f6d05584ef8aa38','dee@example.org','member',1760000015.0);
CREATE TABLE room_members (
        room_id TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
        user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        role TEXT NOT NULL,
        added_at REAL NOT NULL,
        PRIMARY KEY (room_id, user_id)
    );
INSERT INTO "room_members" VALUES('ae97ba94d0ed482f8f6d05584ef8aa38','6513270e269e4d37b2a74de452e6b438','host',1760000009.0);
INSERT INTO "room_members" VALUES('18f135d25f554203b01850c5a38fd547','6513270e269e4d37b2a74de452e6b438','host',1760000011.0);
INSERT INTO "room_members" VALUES('ae97ba94d0ed482f8f6d05584ef8aa38','d23f0824128b4f338c5c7fd0a6a3a450','host',1760000014.0);
CREATE TABLE rooms (
        id TEXT NOT NULL PRIMARY KEY,
        code TEXT NOT NULL,
        title TEXT NOT NULL,
        owner_id TEXT REFERENCES users (id) ON DELETE CASCADE,
        access TEXT NOT NULL,
        locked INTEGER NOT NULL,
        capacity INTEGER,
        start_muted INTEGER NOT NULL,
        start_camera_off INTEGER NOT NULL,
        chat_enabled INTEGER NOT NULL,
        state TEXT NOT NULL,
        created_at REAL NOT NULL,
        last_active_at REAL NOT NULL,
        expires_at REAL,
        ttl_seconds REAL,
        ended_at REAL
    );
INSERT INTO "rooms" VALUES('ae97ba94d0ed482f8f6d05584ef8aa38','abcde-fghjk-mnpqr','Staff; "weekly"','6513270e269e4d37b2a74de452e6b438','members',0,12,1,0,1,'active',1760000009.0,1760000013.0,NULL,NULL,NULL);
INSERT INTO "rooms" VALUES('923a736994e34f919a61dbe22e44158b','23456-789ab-cdefg','',NULL,'open',0,NULL,0,0,1,'created',1760000010.0,1760000010.0,1760086410.0,86400.0,NULL);
INSERT INTO "rooms" VALUES('18f135d25f554203b01850c5a38fd547','zzzzz-yyyyy-xxxxx','Gone','6513270e269e4d37b2a74de452e6b438','open',0,NULL,0,0,1,'destroyed',1760000011.0,1760000011.0,NULL,NULL,1760000012.0);
CREATE TABLE schema_version (version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO "schema_version" VALUES(1,'accounts');
INSERT INTO "schema_version" VALUES(2,'rooms');
INSERT INTO "schema_version" VALUES(3,'chat');
CREATE TABLE sessions (
        id TEXT NOT NULL PRIMARY KEY,
        family TEXT NOT NULL,
        user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        token_hash TEXT NOT NULL,
        signed_in_at REAL NOT NULL,
        created_at REAL NOT NULL,
        expires_at REAL NOT NULL,
        rotated_at REAL,
        revoked_at REAL,
        user_agent TEXT NOT NULL,
        address TEXT NOT NULL
    );
INSERT INTO "sessions" VALUES('90c192cfd3ac44af8f21ddb66cad4a26','36f675cc81e74ef5a8e25d940ed90475','6513270e269e4d37b2a74de452e6b438','1f9a70b221b8610fcf7c173dc757e57ffc809481baf777a049709eae867024b2',1760000005.0,1760000005.0,2075360005.0,NULL,NULL,'Firefox','192.0.2.7');
INSERT INTO "sessions" VALUES('8e81973e0bec47b0b898d190f9ebdacc','a170b33839264059b28c105d1fb17c23','d23f0824128b4f338c5c7fd0a6a3a450','9e089128c6a2a02b971045e5ef0265cc9b2341eb3746ed896675cae3ffebe903',1760000005.0,1760000005.0,1760086405.0,NULL,1760000006.0,'curl','2001:db8::7');
CREATE TABLE users (
        id TEXT NOT NULL PRIMARY KEY,
        email TEXT NOT NULL,
        name TEXT NOT NULL,
        password_hash TEXT NOT NULL,
        verified_at REAL,
        avatar_colour TEXT NOT NULL,
        avatar BLOB,
        avatar_type TEXT,
        theme TEXT NOT NULL,
        disabled_at REAL,
        created_at REAL NOT NULL
    );
INSERT INTO "users" VALUES('6513270e269e4d37b2a74de452e6b438','ada@example.org','Ada O''Neill','$2b$12$abcdefghijklmnopqrstuv',1760000003.0,'#3355aa',X'F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF0027','image/webp','',NULL,1760000000.0);
INSERT INTO "users" VALUES('d23f0824128b4f338c5c7fd0a6a3a450','ben@example.org','Bén 🎈','$2b$12$bbbbbbbbbbbbbbbbbbbbbb',NULL,'',NULL,NULL,'dark',NULL,1760000001.0);
INSERT INTO "users" VALUES('9531985d5d9d49f89818e811892f902b','cy@example.org','Cy','$2b$12$cccccccccccccccccccccc',NULL,'',NULL,NULL,'',1760000004.0,1760000002.0);
CREATE UNIQUE INDEX users_email ON users (email);
CREATE INDEX sessions_family ON sessions (family);
CREATE INDEX sessions_user_id ON sessions (user_id);
CREATE UNIQUE INDEX sessions_token_hash ON sessions (token_hash);
CREATE INDEX sessions_expires_at ON sessions (expires_at);
CREATE INDEX mail_tokens_user_id ON mail_tokens (user_id);
CREATE INDEX mail_tokens_expires_at ON mail_tokens (expires_at);
CREATE INDEX outgoing_mail_recipient ON outgoing_mail (recipient);
CREATE INDEX outgoing_mail_next_attempt_at ON outgoing_mail (next_attempt_at);
CREATE UNIQUE INDEX rooms_code ON rooms (code);
CREATE INDEX rooms_owner_id ON rooms (owner_id);
CREATE INDEX rooms_expires_at ON rooms (expires_at);
CREATE INDEX room_members_user_id ON room_members (user_id);
CREATE INDEX room_invitations_email ON room_invitations (email);
CREATE INDEX room_bans_person_id ON room_bans (person_id);
CREATE INDEX chat_messages_sender_id ON chat_messages (sender_id);
CREATE INDEX chat_messages_recipient_id ON chat_messages (recipient_id);
CREATE INDEX room_events_person_id ON room_events (person_id);
CREATE INDEX room_events_room_id_id ON room_events (room_id, id);
COMMIT;
