package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"cairn/adapters"
	"cairn/bot"
	"cairn/bot/answer"
	"cairn/bot/catalog"
	"cairn/bot/config"
	"cairn/retrieval"
	"cairn/retrieval/glossary"
	"cairn/retrieval/llm"
	"cairn/runbooks/source"
)

// A session is what most commands need: the configuration, the libraries and
// their index.
type session struct {
	lg      *slog.Logger
	cfg     *config.Config
	catalog *catalog.Catalog
	model   *llm.Client // nil without a model
	calls   *modelCalls
	writer  bot.Writer     // nil without a chat model
	drafter *answer.Writer // the same
	lang    string         // of what the command prints for people
	out     io.Writer
	errOut  io.Writer

	mu      sync.Mutex
	updated []chan struct{} // told when the index has changed
}

// common are the flags that every command with a library takes.
type common struct {
	libraries []string
	data      string
	config    string
	verbose   bool
	noModel   bool
	extra     []config.Setting
	lang      string // of messages
	// ignoreDatabaseURL leaves DATABASE_URL to other commands.
	ignoreDatabaseURL bool
}

func (f *common) register(cmd *cobra.Command, lang string) {
	f.lang = lang
	cmd.Flags().StringArrayVar(&f.libraries, "library", nil, both("a folder `DIR` of documents, or 'builtin'; may be repeated (default: config, else builtin)", "文档目录 `DIR`，或 builtin；可重复（默认取配置，其次为内置文档库）").In(lang))
	cmd.Flags().StringVar(&f.data, "data", "", both("data directory `DIR` (default: $XDG_DATA_HOME/cairn or ~/.local/share/cairn)", "数据目录 `DIR`（默认 $XDG_DATA_HOME/cairn 或 ~/.local/share/cairn）").In(lang))
	cmd.Flags().StringVar(&f.config, "config", "", both("configuration `FILE` (default: $CAIRN_CONFIG or ~/.config/cairn/cairn.yaml)", "配置文件 `FILE`（默认 $CAIRN_CONFIG 或 ~/.config/cairn/cairn.yaml）").In(lang))
	cmd.Flags().BoolVar(&f.noModel, "no-model", false, both("use no model, whatever the configuration says", "不使用模型，忽略相关配置").In(lang))
	cmd.Flags().BoolVarP(&f.verbose, "verbose", "v", false, both("log more", "输出更多日志").In(lang))
}

// jsonFlag adds --json, which is in every command the same.
func jsonFlag(cmd *cobra.Command, to *bool, usage string) {
	cmd.Flags().BoolVar(to, "json", false, usage)
}

// tell says something beside the result.
func (s *session) tell(t adapters.Text, args ...any) {
	fmt.Fprintln(s.errOut, "cairn:", t.In(s.lang, args...))
}

// load reads the configuration. Its mistakes are usage errors. Only a purpose
// that needs tokens has them read and checked, so that half-configured chat
// never stops `cairn ask`.
func (f *common) load(why purpose) (*config.Config, error) {
	settings := slices.Clone(f.extra)
	if f.data != "" {
		settings = append(settings, config.Setting{Key: "data", Value: f.data, Flag: "--data"})
	}
	if f.verbose {
		settings = append(settings, config.Setting{Key: "log.level", Value: "debug", Flag: "--verbose"})
	}
	if f.noModel {
		settings = append(settings, withoutModel()...)
	}
	env := os.Environ()
	if f.ignoreDatabaseURL {
		env = slices.DeleteFunc(env, isDatabaseURL)
	}
	cfg, err := config.Load(config.Options{
		File: f.config, Env: env, Flags: settings, Libraries: f.libraries, Serve: why != purposeOnce,
	})
	if err != nil {
		return nil, usageError{err}
	}
	return cfg, nil
}

// newLogger makes the logger that the configuration asks for. quiet raises the
// level for commands whose output is their result.
func newLogger(w io.Writer, cfg config.Log, quiet bool) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.Level)); err != nil {
		level = slog.LevelInfo // validated before; unreachable
	}
	if quiet && level == slog.LevelInfo {
		level = slog.LevelWarn
	}
	opts := &slog.HandlerOptions{Level: level}
	if cfg.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// A purpose decides how much a command logs and what it holds on to.
type purpose int

const (
	// purposeOnce is a command that prints a result and ends.
	purposeOnce purpose = iota
	// purposeTools is a command that works on what serve uses: its store, its
	// tokens.
	purposeTools
	// purposeServe is the long-running program.
	purposeServe
)

// open opens a session for a command that ends.
func (f *common) open(cmd *cobra.Command, progress func(catalog.Progress)) (*session, error) {
	return f.openWith(cmd, purposeOnce, progress)
}

// openFor opens a session without showing progress.
func (f *common) openFor(cmd *cobra.Command, p purpose) (*session, error) {
	return f.openWith(cmd, p, nil)
}

// openWith reads the configuration and opens the catalog, without reading any
// document.
func (f *common) openWith(cmd *cobra.Command, why purpose, progress func(catalog.Progress)) (*session, error) {
	go (*retrieval.Options)(nil).Warm() // nearly every glossary is the built-in one
	cfg, err := f.load(why)
	if err != nil {
		return nil, err
	}
	lg := newLogger(cmd.ErrOrStderr(), cfg.Log, why != purposeServe)
	for _, w := range cfg.Warnings() {
		lg.Warn("configuration", "detail", w)
	}
	if cfg.TemporaryData() {
		fmt.Fprintln(cmd.ErrOrStderr(), "cairn:", both("data goes to %s and may be lost with the other temporary files: set HOME or XDG_DATA_HOME, or give --data (CAIRN_DATA)",
			"数据将写入 %s，可能随其他临时文件一起丢失：请设置 HOME 或 XDG_DATA_HOME，或用 --data（CAIRN_DATA）指定目录").In(f.lang, cfg.Data))
	}
	libs, err := libraries(cfg)
	if err != nil {
		return nil, err
	}
	if own := cmd.Context().Value(ownProcess{}); own != nil && why == purposeOnce && catalog.OnlyBuiltin(libs) && os.Getenv("GOGC") == "" {
		// The built-in index is small and the process gone before its garbage
		// matters: one collection the fewer at a cold start.
		debug.SetGCPercent(800)
	}
	calls := newModelCalls(lg, cfg)
	model, err := newModel(cfg, calls)
	if err != nil {
		return nil, err
	}
	build, err := buildOptions(lg, cfg, model)
	if err != nil {
		return nil, err
	}
	s := &session{lg: lg, cfg: cfg, model: model, calls: calls, lang: f.lang, out: cmd.OutOrStdout(), errOut: cmd.ErrOrStderr()}
	var terms *glossary.Glossary
	if build != nil {
		terms = build.Glossary
	}
	if s.drafter, err = newWriter(lg, cfg, model, terms); err != nil {
		return nil, err
	}
	if s.drafter != nil {
		s.writer = s.drafter // never an interface that holds nil
	}
	s.catalog, err = catalog.Open(lg, libs, &catalog.Options{
		DataDir:  cfg.Data,
		Build:    build,
		Source:   &source.Options{MaxFileSize: int64(cfg.Index.MaxFileSize), MaxFiles: cfg.Index.MaxFiles},
		Progress: progress,
		Rescan:   cfg.Index.Rescan,
		Updated:  s.tellUpdate,

		KeepMissing: why == purposeServe,
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// onUpdate returns a channel that receives after the index has changed.
func (s *session) onUpdate() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := make(chan struct{}, 1)
	s.updated = append(s.updated, ch)
	return ch
}

func (s *session) tellUpdate(r catalog.Report, err error) {
	if err != nil || r.Unchanged() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ch := range s.updated {
		select {
		case ch <- struct{}{}:
		default: // one is already waiting
		}
	}
}

// libraries returns the configured libraries with absolute paths; none means
// the built-in one.
func libraries(cfg *config.Config) ([]catalog.Library, error) {
	if len(cfg.Libraries) == 0 {
		return []catalog.Library{{Name: catalog.Builtin, Path: catalog.Builtin}}, nil
	}
	var libs []catalog.Library
	for _, l := range cfg.Libraries {
		path := l.Path
		if path != catalog.Builtin {
			abs, err := filepath.Abs(expandHome(path))
			if err != nil {
				return nil, wrongUse(both("library %s: %v", "文档库 %s：%v"), l.Name, err)
			}
			path = abs
		}
		libs = append(libs, catalog.Library{Name: l.Name, Path: path})
	}
	return libs, nil
}

// expandHome resolves ~/ where no shell did, as in `--library=~/wiki` and in
// configuration files.
func expandHome(path string) string {
	rest, ok := strings.CutPrefix(path, "~/")
	if !ok {
		return path
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return path
	}
	return filepath.Join(home, rest)
}

// withoutModel are the settings of --no-model.
func withoutModel() []config.Setting {
	var out []config.Setting
	for _, key := range []string{"llm.model", "llm.embed_model", "llm.rerank_url"} {
		out = append(out, config.Setting{Key: key, Flag: "--no-model"})
	}
	return out
}

// index returns the serving generation as the bot wants it.
func (s *session) index() bot.Index {
	if ix := s.catalog.Index(); ix != nil {
		return ix
	}
	return nil
}

// update brings the index up to date with the files.
func (s *session) update(ctx context.Context) (catalog.Report, error) {
	report, err := s.catalog.Update(ctx)
	if err != nil {
		return report, s.libraryError(err)
	}
	return report, nil
}

// libraryError says what is wrong with a library. A path that leads to no
// folder is the user's mistake.
func (s *session) libraryError(err error) error {
	from := s.cfg.Origin("libraries")
	var e *source.LibraryError
	if !errors.As(err, &e) {
		return both("read the library: %v", "读取文档库失败：%v").Err(err)
	}
	switch {
	case errors.Is(err, source.ErrMissing):
		return wrongUse(both("%s: there is no folder %s; give the folder that holds your documents, or builtin for the built-in library",
			"%s：目录 %s 不存在；请给出存放文档的目录，或用 builtin 表示内置文档库"), from, e.Path)
	case errors.Is(err, source.ErrNotFolder):
		return wrongUse(both("%s: %s is a file; give the folder it stands in", "%s：%s 是文件，请给出它所在的目录"), from, e.Path)
	case errors.Is(err, source.ErrEmpty) && e.First.Path != "":
		return both("the library %s holds no documents: everything in it was skipped, such as %s: %s", "文档库 %s 里没有文档：所有文件都被跳过，例如 %s：%s").Err(e.Path, e.First.Path, skipReason(e.First.Reason))
	case errors.Is(err, source.ErrEmpty):
		return both("the library %s holds no documents; put Markdown, HTML or text files into it", "文档库 %s 里没有文档；请放入 Markdown、HTML 或文本文件").Err(e.Path)
	default:
		return both("the library %s cannot be read; check its permissions (%v)", "文档库 %s 无法读取，请检查权限（%v）").Err(e.Path, e.Cause)
	}
}

// current returns the index after bringing it up to date.
func (s *session) current(ctx context.Context) (*retrieval.Index, catalog.Report, error) {
	report, err := s.update(ctx)
	if err != nil {
		return nil, report, err
	}
	if report.Documents == 0 {
		return nil, report, both("the library holds no document that can be read: %s; %d files were skipped%s", "文档库里没有可读的文档：%s；跳过了 %d 个文件%s").
			Err(s.names(), len(report.Skipped), firstReason(report.Skipped))
	}
	return s.catalog.Index(), report, nil
}

func (s *session) names() string {
	var names []string
	for _, l := range s.catalog.Libraries() {
		names = append(names, l.Path)
	}
	return strings.Join(names, ", ")
}

func firstReason(skipped []catalog.Skipped) adapters.Text {
	if len(skipped) == 0 {
		return adapters.Text{}
	}
	return both(", the first one (%s) since: %s", "，第一个是 %s：%s").With(skipped[0].Path, skipReason(skipped[0].Reason))
}

// printJSON prints one value as the machine-readable result of a command.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false) // commands hold <placeholders> and &&
	if err := enc.Encode(v); err != nil {
		return both("print the result: %v", "输出结果失败：%v").Err(err)
	}
	return nil
}
