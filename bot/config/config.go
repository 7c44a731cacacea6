package config

import (
	"time"

	"cairn/adapters"
)

// A Config is everything that can be set. The `env` tag is a setting's second
// name in the environment.
type Config struct {
	// Libraries are the sets of documents to answer from. None means the
	// built-in library.
	Libraries []Library `yaml:"libraries"`
	// Data is the directory for indexes and state. Defaults to
	// $XDG_DATA_HOME/cairn, else ~/.local/share/cairn.
	Data string `yaml:"data"`
	// Listen is the address of the web page and of the webhooks. Defaults to
	// 127.0.0.1:8080.
	Listen string `yaml:"listen"`
	// PublicURL is where people reach the web page; links in chat stand under
	// it. Defaults to none.
	PublicURL string `yaml:"public_url"`
	// AccessToken opens the web page and the API. Needed for every address
	// that is not loopback.
	AccessToken     adapters.Secret `yaml:"access_token"`
	AccessTokenFile string          `yaml:"access_token_file"`
	// Insecure allows an address that is not loopback without a token.
	Insecure bool `yaml:"insecure"`

	Web       Web       `yaml:"web"`
	Log       Log       `yaml:"log"`
	Index     Index     `yaml:"index"`
	Questions Questions `yaml:"questions"`
	Retention Retention `yaml:"retention"`
	Store     Store     `yaml:"store"`

	Slack   Slack   `yaml:"slack"`
	Discord Discord `yaml:"discord"`

	Schedules []Schedule `yaml:"schedules"`
	Tips      Tips       `yaml:"tips"`
	Quiz      Quiz       `yaml:"quiz"`
	LLM       LLM        `yaml:"llm"`

	// origins says where each setting that is no default came from.
	origins map[string]string
	// warnings are what [Config.Warnings] returns.
	warnings []string
	// temporary is what [Config.TemporaryData] returns.
	temporary bool
}

// A Library is one set of documents.
type Library struct {
	// Name stands in citations and URLs. Defaults to the last element of Path.
	Name string `yaml:"name"`
	// Path is a directory, or "builtin". Relative to the configuration file.
	Path string `yaml:"path"`
	// URL makes a citation's address; {path}, {line} and {commit} are filled
	// in. Defaults to Cairn's own document page.
	URL string `yaml:"url"`
	// Allow limits the library: see [Library.Allows]. Empty means everybody.
	Allow []string `yaml:"allow"`
}

// Web limits what the page and the API take.
type Web struct {
	// Rate is how many requests a second one client may send; -1 means any
	// number. Defaults to 10.
	Rate float64 `yaml:"rate"`
	// Burst is how many may come at once. Defaults to 40.
	Burst int `yaml:"burst"`
	// MaxInFlight is how many requests are worked on at a time. Defaults to
	// 256.
	MaxInFlight int `yaml:"max_in_flight"`
	// MaxBody is the size of a request in bytes. Defaults to 524288.
	MaxBody int `yaml:"max_body"`
	// Timeout is the longest that one request may take. Defaults to 30s.
	Timeout time.Duration `yaml:"timeout"`
	// Grace is how long questions in flight may take at shutdown. Defaults to
	// 15s.
	Grace time.Duration `yaml:"grace"`
	// Session is how long a login lasts. Defaults to 30d.
	Session time.Duration `yaml:"session"`
	// TrustedProxies are addresses or networks whose X-Forwarded-For tells the
	// client. Defaults to none.
	TrustedProxies []string `yaml:"trusted_proxies"`
}

// Log says what is logged and how; logs go to stderr.
type Log struct {
	// Level is debug, info, warn or error. Defaults to info.
	Level string `yaml:"level"`
	// Format is text or json. Defaults to text.
	Format string `yaml:"format"`
}

// Index bounds the reading of documents.
type Index struct {
	// Rescan is how often the whole library is looked through beside
	// watching. Defaults to 5m.
	Rescan time.Duration `yaml:"rescan"`
	// MaxFileSize is the largest document in bytes. Defaults to 10485760.
	MaxFileSize int `yaml:"max_file_size"`
	// MaxFiles is the largest number of documents of one library. Defaults to
	// 100000.
	MaxFiles int `yaml:"max_files"`
	// Glossary is a file whose terms are added to the built-in glossary.
	Glossary string `yaml:"glossary"`
}

// Questions bounds the answering.
type Questions struct {
	// MaxLength is the longest question in bytes. Defaults to 16384.
	MaxLength int `yaml:"max_length"`
	// Timeout is the longest that one answer may take. Defaults to 25s.
	Timeout time.Duration `yaml:"timeout"`
	// Workers is how many chat questions are answered at a time. Defaults to
	// 64.
	Workers int `yaml:"workers"`
	// Queue is how many may wait before askers are told to come back. Defaults
	// to 20000.
	Queue int `yaml:"queue"`
	// PerUser is how many questions a minute one person may ask in chat.
	// Defaults to 60.
	PerUser int `yaml:"per_user"`
	// Recover is how old an unanswered question may be to be answered after a
	// crash. Defaults to 10m.
	Recover time.Duration `yaml:"recover"`
}

// Retention says how long state is kept; 0 means for ever.
type Retention struct {
	// Events are kept to recognise duplicates. Defaults to 7d.
	Events time.Duration `yaml:"events"`
	// Questions are kept with their answers and feedback. Defaults to 180d.
	Questions time.Duration `yaml:"questions"`
	// Conversations are what threads are remembered by. Defaults to 14d.
	Conversations time.Duration `yaml:"conversations"`
	// Deliveries are what was sent by schedules. Defaults to 400d.
	Deliveries time.Duration `yaml:"deliveries"`
}

// Store says where state lives.
type Store struct {
	// URL is a PostgreSQL address (postgres://…). Defaults to an SQLite file in
	// the data directory. DATABASE_URL counts for serve and data alone: see
	// [Config.Origin].
	URL     adapters.Secret `yaml:"url" env:"DATABASE_URL"`
	URLFile string          `yaml:"url_file"`
	// MaxConnections bounds PostgreSQL's pool. Defaults to 10.
	MaxConnections int `yaml:"max_connections"`
}

// Slack is the Slack adapter's part; a bot token switches it on.
type Slack struct {
	// Mode is socket or http. Defaults to socket.
	Mode              string          `yaml:"mode"`
	BotToken          adapters.Secret `yaml:"bot_token" env:"SLACK_BOT_TOKEN"`
	BotTokenFile      string          `yaml:"bot_token_file"`
	AppToken          adapters.Secret `yaml:"app_token" env:"SLACK_APP_TOKEN"`
	AppTokenFile      string          `yaml:"app_token_file"`
	SigningSecret     adapters.Secret `yaml:"signing_secret" env:"SLACK_SIGNING_SECRET"`
	SigningSecretFile string          `yaml:"signing_secret_file"`
	// APIURL is the prefix of the method names. Defaults to
	// https://slack.com/api/.
	APIURL string `yaml:"api_url" env:"SLACK_API_URL"`
	// OnboardingChannels are answered without a mention.
	OnboardingChannels []string `yaml:"onboarding_channels"`
	// OnboardingConfidence is what an answer there needs. Defaults to 0.7.
	OnboardingConfidence float64 `yaml:"onboarding_confidence"`
	// OwnerGroup is the user group asked once where Cairn has no answer.
	OwnerGroup string `yaml:"owner_group"`
}

// Discord is the Discord adapter's part; a bot token switches it on.
type Discord struct {
	BotToken     adapters.Secret `yaml:"bot_token" env:"DISCORD_BOT_TOKEN"`
	BotTokenFile string          `yaml:"bot_token_file"`
	// APIURL is scheme and host. Defaults to https://discord.com.
	APIURL string `yaml:"api_url" env:"DISCORD_API_URL"`
	// MessageContent asks for the privileged intent, which onboarding
	// channels need. Defaults to false.
	MessageContent bool `yaml:"message_content"`
	// OnboardingChannels are answered without a mention.
	OnboardingChannels []string `yaml:"onboarding_channels"`
	// OnboardingConfidence is what an answer there needs. Defaults to 0.7.
	OnboardingConfidence float64 `yaml:"onboarding_confidence"`
	// OwnerGroup is the role asked once where Cairn has no answer.
	OwnerGroup string `yaml:"owner_group"`
}

// A Schedule sends tips.
type Schedule struct {
	// Name identifies it; a schedule's history hangs on it.
	Name string `yaml:"name"`
	// Cron has five fields: minute, hour, day, month, weekday.
	Cron string `yaml:"cron"`
	// Zone is an IANA name. Defaults to UTC.
	Zone string `yaml:"zone"`
	// Adapter is slack or discord.
	Adapter string `yaml:"adapter"`
	// Destination is a channel's id, or "user:" and a person's id.
	Destination string `yaml:"destination"`
	// Topics are services, tags or libraries. Empty means all.
	Topics []string `yaml:"topics"`
	// Language is en or zh. Defaults to en.
	Language string `yaml:"language"`
	// QuietDays are weekdays (sat) or dates (2026-12-25) without a tip.
	QuietDays []string `yaml:"quiet_days"`
}

// Tips says how tips are chosen and caught up.
type Tips struct {
	// CatchUp is how late a missed tip may still come. Defaults to 6h.
	CatchUp time.Duration `yaml:"catch_up"`
	// RecentIncidents is how far back questions weigh in. Defaults to 7d.
	RecentIncidents time.Duration `yaml:"recent_incidents"`
}

// Quiz says how cards are reviewed.
type Quiz struct {
	// Retention is the share of cards that a person is to remember. Defaults
	// to 0.9.
	Retention float64 `yaml:"retention"`
	// NewPerDay is how many new cards a person gets a day. Defaults to 5.
	NewPerDay int `yaml:"new_per_day"`
	// MaxPerDay is how many cards in all. Defaults to 30.
	MaxPerDay int `yaml:"max_per_day"`
	// FreezeDays is how many days off a month do not break a streak. Defaults
	// to 3.
	FreezeDays int `yaml:"freeze_days"`
	// LinkLifetime is how long a personal link to the web page lasts. Defaults
	// to 30d.
	LinkLifetime time.Duration `yaml:"link_lifetime"`
}

// LLM is the model; none is used unless Model or EmbedModel is set.
type LLM struct {
	// BaseURL is an OpenAI-compatible server. Defaults to
	// https://api.openai.com/v1.
	BaseURL    string          `yaml:"base_url" env:"OPENAI_BASE_URL"`
	APIKey     adapters.Secret `yaml:"api_key" env:"OPENAI_API_KEY"`
	APIKeyFile string          `yaml:"api_key_file"`
	// APIType is openai or azure. Defaults to openai.
	APIType string `yaml:"api_type"`
	// APIVersion is Azure's. Defaults to 2024-10-21.
	APIVersion string `yaml:"api_version"`
	// Model writes prose; Azure's deployment name. Defaults to none.
	Model string `yaml:"model"`
	// Judge lets Model decide which of its sentences follow from what they cite,
	// once it has passed the exam of `cairn doctor --judge`. Defaults to true.
	Judge bool `yaml:"judge"`
	// EmbedModel makes vectors. Defaults to the built-in embedder.
	EmbedModel string `yaml:"embed_model"`
	// EmbedDimensions asks for shorter vectors; 0 takes what comes.
	EmbedDimensions int `yaml:"embed_dimensions"`
	// RerankURL is a Cohere- or Jina-compatible endpoint. Defaults to none.
	RerankURL   string `yaml:"rerank_url"`
	RerankModel string `yaml:"rerank_model"`
	// RerankWithModel lets the chat model rerank. Defaults to false.
	RerankWithModel bool `yaml:"rerank_with_model"`
	// Send is what may leave: passages, titles or nothing. Defaults to
	// passages.
	Send string `yaml:"send"`
	// AuditText writes what is sent to the audit log, masked. Defaults to
	// false.
	AuditText bool `yaml:"audit_text"`
	// AuditPerson is how people stand in the audit log: hash, with a salt that
	// stays in the data directory, or id. Defaults to hash.
	AuditPerson string `yaml:"audit_person"`
	// Proxy is an HTTP proxy for the model alone. Defaults to the
	// environment's.
	Proxy string `yaml:"proxy"`
	// FirstToken is the longest wait for the first token. Defaults to 8s.
	FirstToken time.Duration `yaml:"first_token"`
	// Timeout is the longest wait in all. Defaults to 20s.
	Timeout time.Duration `yaml:"timeout"`
	// Retries is how often a call is tried again. Defaults to 2.
	Retries int `yaml:"retries"`
	// MaxConcurrent is how many calls run at a time. Defaults to 8.
	MaxConcurrent int `yaml:"max_concurrent"`
	// MaxTokens bounds one answer. Defaults to 1024.
	MaxTokens int `yaml:"max_tokens"`
	// TokensPerHour bounds all calls; 0 means no bound. Defaults to 1000000.
	TokensPerHour int `yaml:"tokens_per_hour"`
	// TokensPerPersonHour bounds one person's; 0 means no bound. Defaults to
	// 100000.
	TokensPerPersonHour int `yaml:"tokens_per_person_hour"`
	// CostPerHour bounds all calls in the prices' currency; 0 means no bound.
	CostPerHour float64 `yaml:"cost_per_hour"`
	// CostPerPersonHour bounds one person's; 0 means no bound.
	CostPerPersonHour float64 `yaml:"cost_per_person_hour"`
	// InputPrice and OutputPrice are the chat model's, EmbedPrice that of
	// embeddings and reranking; per million tokens. Default to 0.
	InputPrice  float64 `yaml:"input_price"`
	OutputPrice float64 `yaml:"output_price"`
	EmbedPrice  float64 `yaml:"embed_price"`
}

const day = 24 * time.Hour

// Default returns the configuration that holds when nothing is set. Data is
// empty in it: [Load] fills it from the environment.
func Default() Config {
	return Config{
		Listen: "127.0.0.1:8080",
		Web: Web{
			Rate: 10, Burst: 40, MaxInFlight: 256, MaxBody: 512 << 10,
			Timeout: 30 * time.Second, Grace: 15 * time.Second, Session: 30 * day,
		},
		Log:   Log{Level: "info", Format: "text"},
		Index: Index{Rescan: 5 * time.Minute, MaxFileSize: 10 << 20, MaxFiles: 100_000},
		Questions: Questions{
			MaxLength: 16 << 10, Timeout: 25 * time.Second, Workers: 64,
			Queue: 20_000, PerUser: 60, Recover: 10 * time.Minute,
		},
		Retention: Retention{Events: 7 * day, Questions: 180 * day, Conversations: 14 * day, Deliveries: 400 * day},
		Store:     Store{MaxConnections: 10},
		Slack:     Slack{Mode: "socket", APIURL: "https://slack.com/api/", OnboardingConfidence: 0.7},
		Discord:   Discord{APIURL: "https://discord.com", OnboardingConfidence: 0.7},
		Tips:      Tips{CatchUp: 6 * time.Hour, RecentIncidents: 7 * day},
		Quiz:      Quiz{Retention: 0.9, NewPerDay: 5, MaxPerDay: 30, FreezeDays: 3, LinkLifetime: 30 * day},
		LLM: LLM{
			BaseURL: "https://api.openai.com/v1", APIType: "openai", APIVersion: "2024-10-21",
			Judge: true, Send: "passages", AuditPerson: "hash", FirstToken: 8 * time.Second, Timeout: 20 * time.Second,
			Retries: 2, MaxConcurrent: 8, MaxTokens: 1024,
			TokensPerHour: 1_000_000, TokensPerPersonHour: 100_000,
		},
	}
}

// scheduleDefault is what a schedule's fields are when not set.
func scheduleDefault() Schedule { return Schedule{Zone: "UTC", Language: "en"} }

// Origin says where the setting with the key came from, such as
// "DATABASE_URL", "--listen" or "cairn.yaml:12"; "" means that it has its
// default.
func (c *Config) Origin(key string) string { return c.origins[key] }

// TemporaryData reports that the data directory lies among temporary files,
// since nothing says where else.
func (c *Config) TemporaryData() bool { return c.temporary }

// Warnings are sentences about settings that were ignored.
func (c *Config) Warnings() []string { return c.warnings }

// Allows reports whether the library may be shown to v. An entry is an
// adapter's name ("web"), which admits everybody there, or "adapter:id" with
// the id of a channel, a person or a workspace.
func (l *Library) Allows(v adapters.Viewer) bool {
	if len(l.Allow) == 0 {
		return true
	}
	if v.Adapter == "" {
		return false
	}
	for _, a := range l.Allow {
		name, id, limited := cut(a)
		if name != v.Adapter {
			continue
		}
		if !limited || id != "" && (id == v.Channel || id == v.User || id == v.Workspace) {
			return true
		}
	}
	return false
}

// To is where the schedule's tips go.
func (s *Schedule) To() adapters.Destination {
	if kind, id, ok := cut(s.Destination); ok && kind == "user" {
		return adapters.Destination{User: id}
	}
	return adapters.Destination{Channel: s.Destination}
}
