package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"cairn/adapters"
)

// A Setting is a value from a flag.
type Setting struct {
	// Key is the setting's key, such as "listen".
	Key string
	// Value is written as in the environment.
	Value string
	// Flag is the flag's name for messages, such as "--listen".
	Flag string
}

// Options are where the configuration comes from.
type Options struct {
	// File is the configuration file. Defaults to CAIRN_CONFIG from Env, else
	// cairn/cairn.yaml in the user's configuration directory if that exists.
	File string
	// NoFile reads no file at all, whatever File and Env say.
	NoFile bool
	// Serve also reads the secrets' files and checks what only a long-running
	// Cairn needs: the adapters, the store and the access token. Without it a
	// half-made set of tokens in somebody's shell does not stop `cairn ask`.
	Serve bool
	// Env holds NAME=value as [os.Environ] gives it. nil means no environment.
	Env []string
	// Flags come last and win.
	Flags []Setting
	// Libraries are the paths given by --library; they replace all others.
	Libraries []string
}

// Load reads the file, the environment and the flags, resolves secrets that
// stand in files, and validates.
func Load(opts Options) (*Config, error) {
	env := environment(opts.Env)
	cfg := Default()
	cfg.origins = map[string]string{}

	file := opts.File
	if file == "" {
		file = env["CAIRN_CONFIG"]
	}
	implied := file == ""
	if implied {
		file = userFile(env)
	}
	if file != "" && !opts.NoFile {
		b, err := readLimited(file, maxFile+1)
		switch {
		case implied && errors.Is(err, os.ErrNotExist):
		case err != nil:
			return nil, both("reading the configuration: %v", "读取配置失败：%v").Err(err)
		default:
			if err := cfg.readFile(file, b); err != nil {
				return nil, err
			}
		}
	}
	if err := cfg.readEnv(env); err != nil {
		return nil, err
	}
	if err := cfg.readFlags(opts.Flags); err != nil {
		return nil, err
	}
	if len(opts.Libraries) > 0 {
		cfg.Libraries = nil
		for _, path := range opts.Libraries {
			cfg.Libraries = append(cfg.Libraries, Library{Path: path})
		}
		cfg.origins["libraries"] = "--library"
	}
	cfg.expandHome(env["HOME"])
	if err := cfg.readSecrets(opts.Serve); err != nil {
		return nil, err
	}
	if cfg.Data == "" {
		cfg.Data, cfg.temporary = dataDir(env)
	}
	cfg.nameLibraries()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if opts.Serve {
		if err := cfg.ValidateServe(); err != nil {
			return nil, err
		}
	}
	return &cfg, nil
}

// Parse reads a file's text over the defaults, without environment, secrets'
// files and validation. name is for messages; relative library paths are
// resolved against its directory.
func Parse(name string, b []byte) (*Config, error) {
	cfg := Default()
	cfg.origins = map[string]string{}
	if err := cfg.readFile(name, b); err != nil {
		return nil, err
	}
	return &cfg, nil
}

func (c *Config) readFile(name string, b []byte) error {
	root, err := parseYAML(name, b)
	if err != nil || root == nil {
		return err
	}
	d := &decoder{name: name, origins: c.origins}
	if err := d.value(root, reflect.ValueOf(c).Elem(), "", 0); err != nil {
		return err
	}
	delete(c.origins, "")
	if err := c.twins(d.origins, name); err != nil {
		return err
	}
	for i := range c.Libraries {
		l := &c.Libraries[i]
		if l.Path != "" && l.Path != "builtin" && !filepath.IsAbs(l.Path) && !strings.HasPrefix(l.Path, "~/") {
			l.Path = filepath.Join(filepath.Dir(name), l.Path)
		}
	}
	return nil
}

// environment makes a map; the last of equal names wins.
func environment(list []string) map[string]string {
	env := make(map[string]string, len(list))
	for _, kv := range list {
		if k, v, ok := strings.Cut(kv, "="); ok {
			env[k] = v
		}
	}
	return env
}

// notSettings are CAIRN_ variables that mean something else.
func notSettings(name string) bool {
	return name == "CAIRN_CONFIG" || name == "CAIRN_LANG" || strings.HasPrefix(name, "CAIRN_TEST_") || serviceLink(name)
}

func (c *Config) readEnv(env map[string]string) error {
	level := map[string]string{}
	known := map[string]bool{}
	all := leaves(reflect.ValueOf(c).Elem(), "")
	for _, l := range all {
		// The weaker name is skipped, not overwritten, so that a broken value
		// behind a good one does no harm.
		for i := len(l.env) - 1; i >= 0; i-- {
			name := l.env[i]
			known[name] = true
			value, ok := env[name]
			if !ok || value == "" || level[l.path] != "" {
				continue
			}
			d := &decoder{name: name, origins: level}
			if err := d.text(value, l.v, l.path); err != nil {
				return err
			}
		}
	}
	if err := c.twins(level, both("the environment", "环境变量")); err != nil {
		return err
	}
	for k, v := range level {
		c.origins[k] = v
	}
	var names []string
	for k := range known {
		names = append(names, k)
	}
	slices.Sort(names)
	for name := range env {
		if !strings.HasPrefix(name, "CAIRN_") || known[name] || notSettings(name) {
			continue
		}
		w := name + " is no setting and was ignored"
		if best := nearest(name, names); best != "" {
			w += ", did you mean " + best + "?"
		}
		c.warnings = append(c.warnings, w)
	}
	slices.Sort(c.warnings)
	return nil
}

func (c *Config) readFlags(flags []Setting) error {
	level := map[string]string{}
	all := leaves(reflect.ValueOf(c).Elem(), "")
	for _, f := range flags {
		i := slices.IndexFunc(all, func(l leaf) bool { return l.path == f.Key })
		if i < 0 {
			return both("%s: there is no setting %q", "%s：没有 %q 这个配置项").Err(f.Flag, f.Key)
		}
		d := &decoder{name: f.Flag, origins: level}
		if err := d.text(f.Value, all[i].v, f.Key); err != nil {
			return err
		}
	}
	if err := c.twins(level, both("the flags", "命令行选项")); err != nil {
		return err
	}
	for k, v := range level {
		c.origins[k] = v
	}
	return nil
}

// twins enforces that one level gives a secret or its file, not both, and lets
// what this level gave replace the other one of a lower level. level holds the
// origins of the keys that this level set.
func (c *Config) twins(level map[string]string, source any) error {
	all := leaves(reflect.ValueOf(c).Elem(), "")
	for _, l := range all {
		if l.v.Type() != secretType {
			continue
		}
		i := slices.IndexFunc(all, func(o leaf) bool { return o.path == l.path+"_file" })
		if i < 0 {
			continue
		}
		file := all[i]
		value, ref := level[l.path] != "", level[file.path] != ""
		switch {
		case value && ref && l.v.Interface() != reflect.Zero(secretType).Interface() && file.v.String() != "":
			return both("%s: got both %s and %s, want exactly one", "%s：同时设置了 %s 和 %s，只能有一个").Err(source, l.path, file.path)
		case value && !ref:
			file.v.SetString("")
			delete(c.origins, file.path)
		case ref && !value:
			l.v.SetZero()
			delete(c.origins, l.path)
		}
	}
	return nil
}

// expandHome replaces a leading "~/" in every setting that is a path.
func (c *Config) expandHome(home string) {
	expand := func(p string) string {
		if rest, ok := strings.CutPrefix(p, "~/"); ok && home != "" {
			return filepath.Join(home, rest)
		}
		return p
	}
	c.Data, c.Index.Glossary = expand(c.Data), expand(c.Index.Glossary)
	for i := range c.Libraries {
		c.Libraries[i].Path = expand(c.Libraries[i].Path)
	}
	for _, l := range leaves(reflect.ValueOf(c).Elem(), "") {
		if strings.HasSuffix(l.path, "_file") {
			l.v.SetString(expand(l.v.String()))
		}
	}
}

// readSecrets fills every secret whose twin names a file; without serve only
// the model's key.
func (c *Config) readSecrets(serve bool) error {
	all := leaves(reflect.ValueOf(c).Elem(), "")
	for _, l := range all {
		if l.v.Type() != secretType || !serve && !strings.HasPrefix(l.path, "llm.") {
			continue
		}
		i := slices.IndexFunc(all, func(o leaf) bool { return o.path == l.path+"_file" })
		if i < 0 || all[i].v.String() == "" {
			continue
		}
		key, name := all[i].path, all[i].v.String()
		value, err := readSecret(key, name)
		if err != nil {
			return err
		}
		if err := setScalar(l.v, value); err != nil {
			return err
		}
		c.origins[l.path] = key + " (" + name + ")"
	}
	return nil
}

func readSecret(key, name string) (string, error) {
	b, err := readLimited(name, 64<<10)
	if err != nil {
		return "", both("%s: reading the secret: %v", "%s：读取密钥失败：%v").Err(key, err)
	}
	value := strings.TrimSpace(string(b))
	if value == "" || strings.ContainsAny(value, "\n\r\x00") {
		return "", both("%s: %s: want one line with the secret, got %d lines", "%s：%s：应为一行密钥，实际有 %d 行").Err(key, name, len(strings.Split(value, "\n"))-btoi(value == ""))
	}
	return value, nil
}

// StoreURL returns store.url, from its file where it stands in one. It is for
// what was loaded without [Options.Serve], which leaves the file unread: a
// question is answered even where its store cannot be reached.
func (c *Config) StoreURL() (adapters.Secret, error) {
	if !c.Store.URL.IsZero() || c.Store.URLFile == "" {
		return c.Store.URL, nil
	}
	value, err := readSecret("store.url_file", c.Store.URLFile)
	return adapters.NewSecret(value), err
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// readLimited reads a regular file of less than limit bytes; a pipe, such as
// a shell's process substitution gives, is read the same way.
func readLimited(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) == limit {
		return nil, both("%s: got a file of %d bytes or more, want a smaller one", "%s：文件不小于 %d 字节，太大了").Err(name, limit)
	}
	return b, nil
}

func userFile(env map[string]string) string {
	if dir := env["XDG_CONFIG_HOME"]; filepath.IsAbs(dir) {
		return filepath.Join(dir, "cairn", "cairn.yaml")
	}
	if home := env["HOME"]; home != "" {
		return filepath.Join(home, ".config", "cairn", "cairn.yaml")
	}
	return ""
}

func dataDir(env map[string]string) (dir string, temporary bool) {
	if dir := env["XDG_DATA_HOME"]; filepath.IsAbs(dir) {
		return filepath.Join(dir, "cairn"), false
	}
	if home := env["HOME"]; home != "" {
		return filepath.Join(home, ".local", "share", "cairn"), false
	}
	return filepath.Join(os.TempDir(), "cairn"), true
}

// nameLibraries gives every library without a name one that is unique: the
// last element of its path, with a number where that is taken.
func (c *Config) nameLibraries() {
	taken := map[string]bool{}
	for _, l := range c.Libraries {
		taken[l.Name] = true
	}
	for i := range c.Libraries {
		l := &c.Libraries[i]
		if l.Name != "" || l.Path == "" {
			continue
		}
		base := filepath.Base(filepath.Clean(l.Path))
		if base == "." || base == ".." || base == string(filepath.Separator) {
			if abs, err := filepath.Abs(l.Path); err == nil {
				base = filepath.Base(abs)
			}
		}
		name := base
		for n := 2; taken[name]; n++ {
			name = fmt.Sprintf("%s-%d", base, n)
		}
		l.Name, taken[name] = name, true
	}
}
