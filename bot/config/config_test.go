package config_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/tools/txtar"

	"cairn/adapters"
	"cairn/bot/config"
)

var update = flag.Bool("update", false, "rewrite the golden parts of testdata")

var compare = cmp.Options{
	cmp.Comparer(func(a, b adapters.Secret) bool { return a.Reveal() == b.Reveal() }),
	cmpopts.IgnoreUnexported(config.Config{}),
	cmpopts.EquateEmpty(),
}

func part(ar *txtar.Archive, name string) (string, bool) {
	for _, f := range ar.Files {
		if f.Name == name {
			return string(f.Data), true
		}
	}
	return "", false
}

func setPart(ar *txtar.Archive, name, data string) {
	for i := range ar.Files {
		if ar.Files[i].Name == name {
			ar.Files[i].Data = []byte(data)
			return
		}
	}
	ar.Files = append(ar.Files, txtar.File{Name: name, Data: []byte(data)})
}

// TestCases loads testdata/*.txtar: in.yaml and env go in; want is the dump
// with its warnings, err the error.
func TestCases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			opts := config.Options{Serve: true, Env: []string{"HOME=/home/u"}}
			if in, ok := part(ar, "in.yaml"); ok {
				opts.File = filepath.Join(dir, "cairn.yaml")
				if err := os.WriteFile(opts.File, []byte(in), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			env, _ := part(ar, "env")
			opts.Env = append(opts.Env, strings.Split(strings.TrimSpace(env), "\n")...)
			cfg, err := config.Load(opts)
			section, got := "want", ""
			if err != nil {
				section, got = "err", err.Error()+"\n"
			} else {
				var b bytes.Buffer
				if err := cfg.Dump(&b); err != nil {
					t.Fatal(err)
				}
				got = onlySet(b.String()) + "\n" + strings.Join(cfg.Warnings(), "\n") + "\n"
			}
			got = strings.ReplaceAll(got, dir, "DIR")
			if *update {
				setPart(ar, section, got)
				if err := os.WriteFile(name, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, ok := part(ar, section)
			if !ok {
				t.Fatalf("no -- %s -- part; got:\n%s", section, got)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if strings.Contains(got, "hunter2") {
				t.Errorf("shows a secret:\n%s", got)
			}
		})
	}
}

// onlySet keeps the lines of a dump that a default does not explain.
func onlySet(dump string) string {
	c := config.Default()
	var b bytes.Buffer
	if err := c.Dump(&b); err != nil {
		panic(err)
	}
	defaults := strings.Split(b.String(), "\n")
	var out []string
	for line := range strings.SplitSeq(dump, "\n") {
		if !slices.Contains(defaults, line) || strings.HasSuffix(line, ":") && !strings.HasPrefix(line, " ") {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

func example(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile("../../cairn.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestExampleIsTheDefault(t *testing.T) {
	t.Parallel()
	got, err := config.Parse("cairn.example.yaml", example(t))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(config.Default(), *got, compare); diff != "" {
		t.Errorf("the example differs from the defaults (-default +example):\n%s", diff)
	}
	if err := got.Validate(); err != nil {
		t.Errorf("the example does not validate: %v", err)
	}
}

// uncommented takes the "#" from the example's example lines, which have no
// space or two behind it, and drops the default in whose place they stand.
func uncommented(b []byte) string {
	exampleLine := regexp.MustCompile(`^#(\S|  )`)
	keyLine := regexp.MustCompile(`^ {0,2}[a-z_]+:`)
	var out []string
	for line := range strings.SplitSeq(string(b), "\n") {
		if !exampleLine.MatchString(line) {
			out = append(out, line)
			continue
		}
		line = line[1:]
		key := keyLine.FindString(line)
		if i := len(out) - 1; key != "" && strings.HasPrefix(out[i], key) {
			out = out[:i]
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func TestExampleCoversEveryKey(t *testing.T) {
	t.Parallel()
	text := uncommented(example(t))
	got, err := config.Parse("cairn.example.yaml", []byte(text))
	if err != nil {
		t.Fatalf("with the examples in place: %v\n%s", err, text)
	}
	if err := got.Validate(); err != nil {
		t.Errorf("with the examples in place: %v", err)
	}
	want := config.Keys()
	for _, typ := range []reflect.Type{reflect.TypeFor[config.Library](), reflect.TypeFor[config.Schedule]()} {
		list := map[string]string{"Library": "libraries[0].", "Schedule": "schedules[0]."}[typ.Name()]
		for i := range typ.NumField() {
			want = append(want, list+typ.Field(i).Tag.Get("yaml"))
		}
	}
	for _, key := range want {
		if got.Origin(key) == "" {
			t.Errorf("cairn.example.yaml does not show %q", key)
		}
	}
}

func TestEverySecretHasATwinAndIsASecret(t *testing.T) {
	t.Parallel()
	keys := config.Keys()
	for _, k := range keys {
		if k == "llm.first_token" {
			continue // a wait
		}
		last := k[strings.LastIndexByte(k, '.')+1:]
		if strings.HasSuffix(last, "_token") || strings.HasSuffix(last, "_secret") || strings.HasSuffix(last, "_key") {
			if !slices.Contains(keys, k+"_file") {
				t.Errorf("%s has no %s_file", k, k)
			}
		}
	}
}

func TestEnvNames(t *testing.T) {
	t.Parallel()
	for key, want := range map[string][]string{
		"llm.base_url":        {"OPENAI_BASE_URL", "CAIRN_LLM_BASE_URL"},
		"llm.api_key":         {"OPENAI_API_KEY", "CAIRN_LLM_API_KEY"},
		"llm.api_key_file":    {"OPENAI_API_KEY_FILE", "CAIRN_LLM_API_KEY_FILE"},
		"store.url":           {"DATABASE_URL", "CAIRN_STORE_URL"},
		"store.url_file":      {"DATABASE_URL_FILE", "CAIRN_STORE_URL_FILE"},
		"slack.bot_token":     {"SLACK_BOT_TOKEN", "CAIRN_SLACK_BOT_TOKEN"},
		"slack.app_token":     {"SLACK_APP_TOKEN", "CAIRN_SLACK_APP_TOKEN"},
		"slack.api_url":       {"SLACK_API_URL", "CAIRN_SLACK_API_URL"},
		"discord.bot_token":   {"DISCORD_BOT_TOKEN", "CAIRN_DISCORD_BOT_TOKEN"},
		"discord.api_url":     {"DISCORD_API_URL", "CAIRN_DISCORD_API_URL"},
		"access_token_file":   {"CAIRN_ACCESS_TOKEN_FILE"},
		"web.trusted_proxies": {"CAIRN_WEB_TRUSTED_PROXIES"},
		"no.such":             nil,
	} {
		if diff := cmp.Diff(want, config.EnvNames(key)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", key, diff)
		}
	}
	seen := map[string]string{}
	for _, k := range config.Keys() {
		for _, n := range config.EnvNames(k) {
			if seen[n] != "" {
				t.Errorf("%s sets both %s and %s", n, seen[n], k)
			}
			seen[n] = k
		}
	}
}

func TestPrecedence(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "c.yaml")
	secret := filepath.Join(dir, "token")
	write(t, secret, "from-the-secret-file\n")
	write(t, file, "listen: 127.0.0.1:1\naccess_token_file: "+secret+"\nlog: {level: warn}\n")
	load := func(o config.Options) *config.Config {
		t.Helper()
		o.File, o.Serve = file, true
		c, err := config.Load(o)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := load(config.Options{})
	if got, want := c.AccessToken.Reveal(), "from-the-secret-file"; got != want {
		t.Errorf("token of the file's twin: got %q, want %q", got, want)
	}
	c = load(config.Options{Env: []string{"CAIRN_LISTEN=127.0.0.1:2", "CAIRN_ACCESS_TOKEN=from-the-environment"}})
	if got, want := c.AccessToken.Reveal(), "from-the-environment"; got != want {
		t.Errorf("environment against the file's twin: got %q, want %q", got, want)
	}
	if c.Listen != "127.0.0.1:2" || c.Log.Level != "warn" {
		t.Errorf("got listen %s and level %s", c.Listen, c.Log.Level)
	}
	c = load(config.Options{
		Env:       []string{"CAIRN_LISTEN=127.0.0.1:2", `CAIRN_LIBRARIES=[{"path":"/x"}]`},
		Flags:     []config.Setting{{Key: "listen", Value: "127.0.0.1:3", Flag: "--listen"}},
		Libraries: []string{"/srv/a", "/mnt/a", "builtin"},
	})
	if got, want := c.Listen, "127.0.0.1:3"; got != want {
		t.Errorf("flag: got %q, want %q", got, want)
	}
	if got, want := c.Origin("listen"), "--listen"; got != want {
		t.Errorf("origin: got %q, want %q", got, want)
	}
	want := []config.Library{{Name: "a", Path: "/srv/a"}, {Name: "a-2", Path: "/mnt/a"}, {Name: "builtin", Path: "builtin"}}
	if diff := cmp.Diff(want, c.Libraries); diff != "" {
		t.Errorf("--library (-want +got):\n%s", diff)
	}
	if _, err := config.Load(config.Options{Flags: []config.Setting{{Key: "lisen", Value: "x", Flag: "--lisen"}}}); err == nil {
		t.Error("an unknown setting behind a flag is accepted")
	}
}

func TestAskingNeedsNoTokens(t *testing.T) {
	t.Parallel()
	env := []string{"SLACK_BOT_TOKEN=xoxb-1", "CAIRN_ACCESS_TOKEN=short", "DISCORD_BOT_TOKEN_FILE=/nonexistent", "DATABASE_URL=mysql://h/d"}
	if _, err := config.Load(config.Options{NoFile: true, Env: env}); err != nil {
		t.Errorf("tokens in the environment stop a question: %v", err)
	}
	if _, err := config.Load(config.Options{NoFile: true, Env: env, Serve: true}); err == nil {
		t.Error("half-made tokens are accepted by a server")
	}
}

func TestFileIsFound(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "cairn"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "cairn", "cairn.yaml"), "listen: 127.0.0.1:7\n")
	write(t, filepath.Join(dir, "other.yaml"), "listen: 127.0.0.1:8\n")
	for _, c := range []struct {
		opts config.Options
		want string
	}{
		{config.Options{Env: []string{"XDG_CONFIG_HOME=" + dir}}, "127.0.0.1:7"},
		{config.Options{Env: []string{"XDG_CONFIG_HOME=" + dir}, NoFile: true}, "127.0.0.1:8080"},
		{config.Options{Env: []string{"XDG_CONFIG_HOME=" + dir, "CAIRN_CONFIG=" + dir + "/other.yaml"}}, "127.0.0.1:8"},
		{config.Options{Env: []string{"XDG_CONFIG_HOME=" + dir + "/none"}}, "127.0.0.1:8080"},
	} {
		got, err := config.Load(c.opts)
		if err != nil {
			t.Fatal(err)
		}
		if got.Listen != c.want {
			t.Errorf("%+v: got %s, want %s", c.opts, got.Listen, c.want)
		}
	}
	if _, err := config.Load(config.Options{File: filepath.Join(dir, "none.yaml")}); err == nil {
		t.Error("a named file that is missing is accepted")
	}
}

func TestDumpParsesAndHidesSecrets(t *testing.T) {
	t.Parallel()
	c, err := config.Load(config.Options{Env: []string{
		"HOME=/home/u", "CAIRN_ACCESS_TOKEN=correct-horse-battery", "SLACK_BOT_TOKEN=xoxb-battery", "SLACK_APP_TOKEN=xapp-battery",
		"DATABASE_URL=postgres://u:battery@h/d", "OPENAI_API_KEY=sk-battery", "DISCORD_BOT_TOKEN=battery",
		"CAIRN_LLM_RERANK_URL=http://h/rerank?key=battery",
	}})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := c.Dump(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "battery") {
		t.Errorf("the dump shows a secret:\n%s", b.String())
	}
	if !strings.Contains(b.String(), "from SLACK_BOT_TOKEN") {
		t.Errorf("the dump does not say where the token came from:\n%s", b.String())
	}
	if _, err := config.Parse("dump.yaml", b.Bytes()); err != nil {
		t.Errorf("the dump does not parse: %v", err)
	}
}

func TestAllows(t *testing.T) {
	t.Parallel()
	l := config.Library{Allow: []string{"web", "slack:C1", "discord:U9"}}
	for _, c := range []struct {
		v    adapters.Viewer
		want bool
	}{
		{adapters.Viewer{}, false},
		{adapters.Viewer{Adapter: "web"}, true},
		{adapters.Viewer{Adapter: "slack"}, false},
		{adapters.Viewer{Adapter: "slack", Channel: "C1"}, true},
		{adapters.Viewer{Adapter: "slack", Channel: "C2", User: "U9"}, false},
		{adapters.Viewer{Adapter: "discord", Channel: "C1", User: "U9"}, true},
	} {
		if got := l.Allows(c.v); got != c.want {
			t.Errorf("%+v: got %v, want %v", c.v, got, c.want)
		}
	}
	open := config.Library{}
	if !open.Allows(adapters.Viewer{}) {
		t.Error("a library without a list is closed")
	}
}

func TestTo(t *testing.T) {
	t.Parallel()
	s := config.Schedule{Destination: "user:U1"}
	if got, want := s.To(), (adapters.Destination{User: "U1"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	s.Destination = "C1"
	if got, want := s.To(), (adapters.Destination{Channel: "C1"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, name := range files {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		in, _ := part(ar, "in.yaml")
		f.Add([]byte(in))
	}
	b, err := os.ReadFile("../../cairn.example.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, in []byte) {
		c, err := config.Parse("c.yaml", in)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "c.yaml") {
				t.Errorf("the error does not name the file: %v", err)
			}
			return
		}
		_ = c.Validate()
		var out bytes.Buffer
		if err := c.Dump(&out); err != nil {
			t.Fatalf("dump: %v", err)
		}
		again, err := config.Parse("c.yaml", out.Bytes())
		if err != nil {
			t.Fatalf("the dump does not parse: %v\n%s", err, out.Bytes())
		}
		var out2 bytes.Buffer
		if err := again.Dump(&out2); err != nil {
			t.Fatalf("dump: %v", err)
		}
	})
}

func FuzzEnvJSON(f *testing.F) {
	f.Add(`[{"name":"ops","path":"/srv/ops"}]`)
	f.Add(`[{"pth":1}]`)
	f.Add(`[[[[[[[[[[[[`)
	f.Fuzz(func(t *testing.T, in string) {
		if strings.ContainsRune(in, 0) {
			t.Skip("an environment holds no NUL")
		}
		_, _ = config.Load(config.Options{NoFile: true, Env: []string{"CAIRN_LIBRARIES=" + in, "CAIRN_SCHEDULES=" + in}})
	})
}

// What is wrong with a configuration is said in both languages.
func TestErrorsInChinese(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"listn: x\n":                  `c.yaml:1：未知的键 "listn"，是不是想写 "listen"？`,
		"listen: [a]\n":               `c.yaml:1：listen：现值为列表，应为文本`,
		"web: {rate: 0, timeout: x}":  `c.yaml:1：web.timeout："x" 无效，应为时长，例如 30s、5m、12h、30d`,
		"web: {rate: 0}":              `c.yaml:1：web.rate：现值为 0，应为大于 0 的数，或 -1 表示不限`,
		"llm: {api_type: opena}":      `c.yaml:1：llm.api_type：现值为 "opena"，应为 openai, azure；是不是想写 openai？`,
		"libraries: [{name: a}]":      `c.yaml:1：libraries[0].path：现值为空，应为目录，或 builtin`,
		"llm: {max_tokens: 1}":        `c.yaml:1：llm.max_tokens：现值为 1，应为 16 到 1000000`,
		"data: &a x\nlisten: *a\n":    `c.yaml:1：data：不支持 YAML 锚点和别名，请直接写出值`,
		"data: a\ndata: b\n":          `c.yaml:2：data：键重复，第一次在第 1 行`,
		"llm: {base_url: 'http://#'}": `c.yaml:1：llm.base_url：现值为其他内容，应为以 http:// 或 https:// 开头且带主机名的地址`,
	} {
		file := filepath.Join(t.TempDir(), "c.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := config.Load(config.Options{File: file})
		if err == nil {
			t.Errorf("%q is accepted", text)
			continue
		}
		if got := strings.ReplaceAll(adapters.Explain("zh", err), filepath.Dir(file)+"/", ""); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
