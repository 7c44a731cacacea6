-- Times are microseconds since 1970 in UTC, 0 meaning none. Lists are JSON.
-- +goose Up
CREATE TABLE cairn.events (
  adapter TEXT NOT NULL, key TEXT NOT NULL,
  ordering TEXT NOT NULL, payload BYTEA, at BIGINT NOT NULL,
  owner TEXT NOT NULL DEFAULT '', until BIGINT NOT NULL DEFAULT 0,
  outcome TEXT NOT NULL DEFAULT '', finished_at BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (adapter, key)
);
CREATE INDEX events_open ON cairn.events (at) WHERE finished_at = 0;
CREATE INDEX events_finished ON cairn.events (finished_at) WHERE finished_at > 0;

CREATE TABLE cairn.event_keys (
  adapter TEXT NOT NULL, key TEXT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (adapter, key)
);
CREATE INDEX event_keys_at ON cairn.event_keys (at);

CREATE TABLE cairn.questions (
  id TEXT PRIMARY KEY,
  text TEXT NOT NULL, lang TEXT NOT NULL,
  adapter TEXT NOT NULL, workspace TEXT NOT NULL, channel TEXT NOT NULL, thread TEXT NOT NULL, user_id TEXT NOT NULL,
  public BIGINT NOT NULL, outcome TEXT NOT NULL, confidence DOUBLE PRECISION NOT NULL,
  library TEXT NOT NULL, document TEXT NOT NULL, start_line BIGINT NOT NULL, end_line BIGINT NOT NULL,
  title TEXT NOT NULL, closest TEXT NOT NULL, terms TEXT NOT NULL, answer BYTEA, at BIGINT NOT NULL
);
CREATE INDEX questions_at ON cairn.questions (at);
CREATE INDEX questions_user ON cairn.questions (adapter, user_id, at);

CREATE TABLE cairn.feedback (
  question_id TEXT NOT NULL REFERENCES cairn.questions (id) ON DELETE CASCADE,
  adapter TEXT NOT NULL, user_id TEXT NOT NULL, helpful BIGINT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (question_id, adapter, user_id)
);
CREATE INDEX feedback_user ON cairn.feedback (adapter, user_id);

CREATE TABLE cairn.conversations (
  adapter TEXT NOT NULL, channel TEXT NOT NULL, thread TEXT NOT NULL,
  quiet BIGINT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (adapter, channel, thread)
);
CREATE INDEX conversations_at ON cairn.conversations (at);

CREATE TABLE cairn.turns (
  adapter TEXT NOT NULL, channel TEXT NOT NULL, thread TEXT NOT NULL, n BIGINT NOT NULL,
  role TEXT NOT NULL, user_id TEXT NOT NULL, text TEXT NOT NULL, question_id TEXT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (adapter, channel, thread, n),
  FOREIGN KEY (adapter, channel, thread) REFERENCES cairn.conversations ON DELETE CASCADE
);
CREATE INDEX turns_user ON cairn.turns (adapter, user_id);

CREATE TABLE cairn.leases (
  name TEXT PRIMARY KEY, holder TEXT NOT NULL, token BIGINT NOT NULL, until BIGINT NOT NULL
);

CREATE TABLE cairn.schedules (
  name TEXT PRIMARY KEY, cursor_at BIGINT NOT NULL
);

CREATE TABLE cairn.deliveries (
  id TEXT PRIMARY KEY,
  schedule TEXT NOT NULL, kind TEXT NOT NULL, slot_at BIGINT NOT NULL,
  adapter TEXT NOT NULL, channel TEXT NOT NULL, user_id TEXT NOT NULL, thread TEXT NOT NULL,
  state TEXT NOT NULL, owner TEXT NOT NULL DEFAULT '', ready_at BIGINT NOT NULL,
  attempts BIGINT NOT NULL DEFAULT 0, maybe_sent BIGINT NOT NULL DEFAULT 0,
  item TEXT NOT NULL DEFAULT '', payload BYTEA, ref TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '',
  done_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX deliveries_ready ON cairn.deliveries (ready_at) WHERE done_at = 0;
CREATE INDEX deliveries_schedule ON cairn.deliveries (schedule, slot_at);
CREATE INDEX deliveries_slot ON cairn.deliveries (slot_at);
CREATE INDEX deliveries_user ON cairn.deliveries (adapter, user_id);

CREATE TABLE cairn.tips_shown (
  stream TEXT NOT NULL, id TEXT NOT NULL, round BIGINT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (stream, id)
);

CREATE TABLE cairn.cards (
  id TEXT PRIMARY KEY,
  library TEXT NOT NULL, document TEXT NOT NULL, kind TEXT NOT NULL, lang TEXT NOT NULL,
  content BYTEA NOT NULL, hash TEXT NOT NULL, updated_at BIGINT NOT NULL, retired_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX cards_library ON cairn.cards (library);

CREATE TABLE cairn.card_states (
  adapter TEXT NOT NULL, user_id TEXT NOT NULL, card_id TEXT NOT NULL,
  due_at BIGINT NOT NULL, stability DOUBLE PRECISION NOT NULL, difficulty DOUBLE PRECISION NOT NULL, scheduled_days BIGINT NOT NULL,
  reps BIGINT NOT NULL, lapses BIGINT NOT NULL, state BIGINT NOT NULL,
  last_review_at BIGINT NOT NULL, remaining_steps BIGINT NOT NULL,
  PRIMARY KEY (adapter, user_id, card_id)
);
CREATE INDEX card_states_due ON cairn.card_states (adapter, user_id, due_at);

CREATE TABLE cairn.reviews (
  adapter TEXT NOT NULL, user_id TEXT NOT NULL, card_id TEXT NOT NULL, prompt TEXT NOT NULL,
  grade BIGINT NOT NULL, at BIGINT NOT NULL, before TEXT NOT NULL,
  PRIMARY KEY (adapter, user_id, card_id, prompt)
);
CREATE INDEX reviews_user ON cairn.reviews (adapter, user_id, at);
CREATE INDEX reviews_at ON cairn.reviews (at);

CREATE TABLE cairn.people (
  adapter TEXT NOT NULL, user_id TEXT NOT NULL, workspace TEXT NOT NULL, name TEXT NOT NULL,
  lang TEXT NOT NULL, zone TEXT NOT NULL, leaderboard BIGINT NOT NULL,
  streak BIGINT NOT NULL, longest BIGINT NOT NULL, freezes BIGINT NOT NULL, last_day TEXT NOT NULL,
  created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  PRIMARY KEY (adapter, user_id)
);
CREATE INDEX people_leaderboard ON cairn.people (adapter, workspace) WHERE leaderboard = 1;

CREATE TABLE cairn.subscriptions (
  adapter TEXT NOT NULL, user_id TEXT NOT NULL, kind TEXT NOT NULL,
  channel TEXT NOT NULL, wall_time TEXT NOT NULL, zone TEXT NOT NULL, topics TEXT NOT NULL,
  lang TEXT NOT NULL, detail TEXT NOT NULL, next_at BIGINT NOT NULL, created_at BIGINT NOT NULL,
  PRIMARY KEY (adapter, user_id, kind)
);
CREATE INDEX subscriptions_next ON cairn.subscriptions (next_at);

CREATE TABLE cairn.paths (
  adapter TEXT NOT NULL, user_id TEXT NOT NULL, path TEXT NOT NULL,
  started_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  PRIMARY KEY (adapter, user_id, path)
);

CREATE TABLE cairn.path_units (
  adapter TEXT NOT NULL, user_id TEXT NOT NULL, path TEXT NOT NULL, unit TEXT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (adapter, user_id, path, unit),
  FOREIGN KEY (adapter, user_id, path) REFERENCES cairn.paths ON DELETE CASCADE
);

CREATE TABLE cairn.web_tokens (
  hash TEXT PRIMARY KEY, kind TEXT NOT NULL,
  adapter TEXT NOT NULL, workspace TEXT NOT NULL, user_id TEXT NOT NULL,
  created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL
);
CREATE INDEX web_tokens_user ON cairn.web_tokens (adapter, user_id);
