-- Times are microseconds since 1970 in UTC, 0 meaning none. Lists are JSON.
-- +goose Up
CREATE TABLE events (
  adapter TEXT NOT NULL, key TEXT NOT NULL,
  ordering TEXT NOT NULL, payload BLOB, at INTEGER NOT NULL,
  owner TEXT NOT NULL DEFAULT '', until INTEGER NOT NULL DEFAULT 0,
  outcome TEXT NOT NULL DEFAULT '', finished_at INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (adapter, key)
) WITHOUT ROWID;
CREATE INDEX events_open ON events (at) WHERE finished_at = 0;
CREATE INDEX events_finished ON events (finished_at) WHERE finished_at > 0;

CREATE TABLE event_keys (
  adapter TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (adapter, key)
) WITHOUT ROWID;
CREATE INDEX event_keys_at ON event_keys (at);

CREATE TABLE questions (
  id TEXT PRIMARY KEY,
  text TEXT NOT NULL, lang TEXT NOT NULL,
  adapter TEXT NOT NULL, workspace TEXT NOT NULL, channel TEXT NOT NULL, thread TEXT NOT NULL, user_id TEXT NOT NULL,
  public INTEGER NOT NULL, outcome TEXT NOT NULL, confidence REAL NOT NULL,
  library TEXT NOT NULL, document TEXT NOT NULL, start_line INTEGER NOT NULL, end_line INTEGER NOT NULL,
  title TEXT NOT NULL, closest TEXT NOT NULL, terms TEXT NOT NULL, answer BLOB, at INTEGER NOT NULL
);
CREATE INDEX questions_at ON questions (at);
CREATE INDEX questions_user ON questions (adapter, user_id, at);

CREATE TABLE feedback (
  question_id TEXT NOT NULL REFERENCES questions (id) ON DELETE CASCADE,
  adapter TEXT NOT NULL, user_id TEXT NOT NULL, helpful INTEGER NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (question_id, adapter, user_id)
) WITHOUT ROWID;
CREATE INDEX feedback_user ON feedback (adapter, user_id);

CREATE TABLE conversations (
  adapter TEXT NOT NULL, channel TEXT NOT NULL, thread TEXT NOT NULL,
  quiet INTEGER NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (adapter, channel, thread)
) WITHOUT ROWID;
CREATE INDEX conversations_at ON conversations (at);

CREATE TABLE turns (
  adapter TEXT NOT NULL, channel TEXT NOT NULL, thread TEXT NOT NULL, n INTEGER NOT NULL,
  role TEXT NOT NULL, user_id TEXT NOT NULL, text TEXT NOT NULL, question_id TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (adapter, channel, thread, n),
  FOREIGN KEY (adapter, channel, thread) REFERENCES conversations ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX turns_user ON turns (adapter, user_id);

CREATE TABLE leases (
  name TEXT PRIMARY KEY, holder TEXT NOT NULL, token INTEGER NOT NULL, until INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE schedules (
  name TEXT PRIMARY KEY, cursor_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE deliveries (
  id TEXT PRIMARY KEY,
  schedule TEXT NOT NULL, kind TEXT NOT NULL, slot_at INTEGER NOT NULL,
  adapter TEXT NOT NULL, channel TEXT NOT NULL, user_id TEXT NOT NULL, thread TEXT NOT NULL,
  state TEXT NOT NULL, owner TEXT NOT NULL DEFAULT '', ready_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0, maybe_sent INTEGER NOT NULL DEFAULT 0,
  item TEXT NOT NULL DEFAULT '', payload BLOB, ref TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '',
  done_at INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX deliveries_ready ON deliveries (ready_at) WHERE done_at = 0;
CREATE INDEX deliveries_schedule ON deliveries (schedule, slot_at);
CREATE INDEX deliveries_slot ON deliveries (slot_at);
CREATE INDEX deliveries_user ON deliveries (adapter, user_id);

CREATE TABLE tips_shown (
  stream TEXT NOT NULL, id TEXT NOT NULL, round INTEGER NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (stream, id)
) WITHOUT ROWID;

CREATE TABLE cards (
  id TEXT PRIMARY KEY,
  library TEXT NOT NULL, document TEXT NOT NULL, kind TEXT NOT NULL, lang TEXT NOT NULL,
  content BLOB NOT NULL, hash TEXT NOT NULL, updated_at INTEGER NOT NULL, retired_at INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX cards_library ON cards (library);

CREATE TABLE card_states (
  adapter TEXT NOT NULL, user_id TEXT NOT NULL, card_id TEXT NOT NULL,
  due_at INTEGER NOT NULL, stability REAL NOT NULL, difficulty REAL NOT NULL, scheduled_days INTEGER NOT NULL,
  reps INTEGER NOT NULL, lapses INTEGER NOT NULL, state INTEGER NOT NULL,
  last_review_at INTEGER NOT NULL, remaining_steps INTEGER NOT NULL,
  PRIMARY KEY (adapter, user_id, card_id)
) WITHOUT ROWID;
CREATE INDEX card_states_due ON card_states (adapter, user_id, due_at);

CREATE TABLE reviews (
  adapter TEXT NOT NULL, user_id TEXT NOT NULL, card_id TEXT NOT NULL, prompt TEXT NOT NULL,
  grade INTEGER NOT NULL, at INTEGER NOT NULL, before TEXT NOT NULL,
  PRIMARY KEY (adapter, user_id, card_id, prompt)
) WITHOUT ROWID;
CREATE INDEX reviews_user ON reviews (adapter, user_id, at);
CREATE INDEX reviews_at ON reviews (at);

CREATE TABLE people (
  adapter TEXT NOT NULL, user_id TEXT NOT NULL, workspace TEXT NOT NULL, name TEXT NOT NULL,
  lang TEXT NOT NULL, zone TEXT NOT NULL, leaderboard INTEGER NOT NULL,
  streak INTEGER NOT NULL, longest INTEGER NOT NULL, freezes INTEGER NOT NULL, last_day TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  PRIMARY KEY (adapter, user_id)
) WITHOUT ROWID;
CREATE INDEX people_leaderboard ON people (adapter, workspace) WHERE leaderboard = 1;

CREATE TABLE subscriptions (
  adapter TEXT NOT NULL, user_id TEXT NOT NULL, kind TEXT NOT NULL,
  channel TEXT NOT NULL, wall_time TEXT NOT NULL, zone TEXT NOT NULL, topics TEXT NOT NULL,
  lang TEXT NOT NULL, detail TEXT NOT NULL, next_at INTEGER NOT NULL, created_at INTEGER NOT NULL,
  PRIMARY KEY (adapter, user_id, kind)
) WITHOUT ROWID;
CREATE INDEX subscriptions_next ON subscriptions (next_at);

CREATE TABLE paths (
  adapter TEXT NOT NULL, user_id TEXT NOT NULL, path TEXT NOT NULL,
  started_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  PRIMARY KEY (adapter, user_id, path)
) WITHOUT ROWID;

CREATE TABLE path_units (
  adapter TEXT NOT NULL, user_id TEXT NOT NULL, path TEXT NOT NULL, unit TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (adapter, user_id, path, unit),
  FOREIGN KEY (adapter, user_id, path) REFERENCES paths ON DELETE CASCADE
) WITHOUT ROWID;

CREATE TABLE web_tokens (
  hash TEXT PRIMARY KEY, kind TEXT NOT NULL,
  adapter TEXT NOT NULL, workspace TEXT NOT NULL, user_id TEXT NOT NULL,
  created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX web_tokens_user ON web_tokens (adapter, user_id);
