package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cairn/adapters"
	"cairn/adapters/terminal"
	"cairn/adapters/web"
	"cairn/bot/store"
)

// Bounds on all checks together, and on those with an exam.
const (
	doctorTimeout = 60 * time.Second
	examTimeout   = 10 * time.Minute
)

// A check is one thing that doctor looked at.
type check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
	// Fix says what to do; empty when OK.
	Fix string `json:"fix,omitempty"`
}

func newDoctor(lang string) *cobra.Command {
	var (
		f    common
		asJS bool
		exam bool
	)
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: both("Check configuration, library, store, model, tokens, scopes and clock", "检查配置、文档库、存储、模型、令牌、权限和时钟").In(lang),
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			within := doctorTimeout
			if exam {
				within = examTimeout
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), within)
			defer cancel()
			s, err := f.openFor(cmd, purposeTools)
			if err != nil {
				return err
			}
			if asJS {
				s.lang = english // for a machine
			}
			checks := s.diagnose(ctx, exam)
			if asJS {
				if err := printJSON(s.out, checks); err != nil {
					return err
				}
			} else {
				printChecks(s.out, lang, checks)
			}
			for _, c := range checks {
				if !c.OK {
					return both("something needs attention", "有需要处理的问题").Err()
				}
			}
			return nil
		},
	}
	f.register(cmd, lang)
	jsonFlag(cmd, &asJS, both("print a JSON array", "输出一个 JSON 数组").In(lang))
	cmd.Flags().BoolVar(&exam, "judge", false, both("let the model take the exam after which it may judge its own sentences (some 35,000 tokens)", "让模型参加考试，通过后由它判断自己写的句子是否有依据（约 3.5 万 token）").In(lang))
	return cmd
}

func printChecks(w io.Writer, lang string, checks []check) {
	const width = 14
	for _, c := range checks {
		mark := both("ok  ", "正常").In(lang)
		if !c.OK {
			mark = both("FAIL", "异常").In(lang)
		}
		fmt.Fprintf(w, "%s  %s %s\n", mark, terminal.Pad(c.Name, width), printable(c.Detail))
		if c.Fix != "" {
			fmt.Fprintf(w, "      %*s %s\n", width, "", printable(c.Fix))
		}
	}
}

// diagnose runs every check, each on its own, so that one failure hides none
// of the others. exam lets the model take the judge's exam too.
func (s *session) diagnose(ctx context.Context, exam bool) []check {
	libraries := both("%d libraries, data in %s", "%d 个文档库，数据目录 %s")
	if len(s.catalog.Libraries()) == 1 {
		libraries = both("%d library, data in %s", "%d 个文档库，数据目录 %s")
	}
	checks := []check{
		{Name: both("configuration", "配置").In(s.lang), OK: true, Detail: libraries.In(s.lang, len(s.catalog.Libraries()), s.cfg.Data)},
		s.checkLibrary(ctx),
		s.checkData(),
		s.checkStore(ctx),
		s.checkListen(ctx),
		s.checkSchedules(),
	}
	checks = append(checks, s.checkModel(ctx, exam)...)
	checks = append(checks, s.checkAdapters(ctx)...)
	return append(checks, s.checkClock())
}

// named begins a check.
func (s *session) named(name adapters.Text) check { return check{Name: name.In(s.lang)} }

// ok is the check with what was found.
func (s *session) ok(c check, detail adapters.Text, args ...any) check {
	c.OK, c.Detail = true, detail.In(s.lang, args...)
	return c
}

// bad is the check with what is wrong and what to do about it.
func (s *session) bad(c check, what error, fix adapters.Text) check {
	c.Detail, c.Fix = s.explain(what), fix.In(s.lang)
	return c
}

// explain is an error in the session's language.
func (s *session) explain(err error) string { return adapters.Explain(s.lang, err) }

func (s *session) checkLibrary(ctx context.Context) check {
	c := s.named(both("library", "文档库"))
	_, r, err := s.current(ctx)
	if err != nil {
		return s.bad(c, err, both("give a readable folder of documents with --library DIR or libraries: in the configuration", "用 --library DIR 或配置里的 libraries: 指定一个可读的文档目录"))
	}
	c = s.ok(c, both("%d documents, %d passages, %d files skipped, %d stale", "%d 份文档，%d 个段落，跳过 %d 个文件，%d 份沿用旧版本"), r.Documents, r.Passages, len(r.Skipped), len(r.Stale))
	if len(r.Stale) > 0 {
		c.OK = false
		c.Fix = both("make these readable again: %s (%s)", "请让这些文件恢复可读：%s（%s）").In(s.lang, r.Stale[0].Path, skipReason(r.Stale[0].Reason))
	}
	return c
}

func (s *session) checkData() check {
	c := s.named(both("data directory", "数据目录"))
	if err := os.MkdirAll(s.cfg.Data, 0o700); err != nil {
		return s.bad(c, both("%v", "无法创建：%v").Err(err), both("choose a directory that can be written with --data DIR", "用 --data DIR 换一个可写的目录"))
	}
	probe := filepath.Join(s.cfg.Data, ".doctor")
	if err := os.WriteFile(probe, []byte("x"), 0o600); err != nil {
		return s.bad(c, both("%v", "无法写入：%v").Err(err), both("make it writable and see that it has space left, or choose another directory with --data DIR", "请确认它可写且有剩余空间，或用 --data DIR 换一个目录"))
	}
	os.Remove(probe)
	return s.ok(c, both("%s", "%s"), s.cfg.Data)
}

func (s *session) checkStore(ctx context.Context) check {
	c := s.named(both("store", "存储"))
	st, where, err := s.openState(ctx)
	if err != nil {
		return s.bad(c, err, both("check DATABASE_URL, or the permissions of the data directory", "请检查 DATABASE_URL，或数据目录的权限"))
	}
	lost, err := st.ListDeliveries(ctx, store.DeliveryFilter{
		States: []string{store.DeliveryUnknown}, Since: time.Now().Add(-7 * 24 * time.Hour), Limit: 5,
	})
	if err = errors.Join(err, st.Close()); err != nil {
		return s.bad(c, both("%v", "读取状态数据库失败：%v").Err(err), both("see the error", "见错误信息"))
	}
	if len(lost) > 0 {
		// Rather lost than doubled, never silently.
		d := lost[0]
		return s.bad(c, both("%s; nobody knows whether the message of %s at %s was sent: %s", "%s；无法确认 %s 在 %s 的消息是否已发出：%s").Err(where, d.Schedule, d.Slot.Format(time.RFC3339), d.Note),
			both("look into the channel; give the bot the right to read its history so that it can look itself", "请到频道里确认；授予机器人读取历史消息的权限，它就能自己确认"))
	}
	return s.ok(c, both("%s", "%s"), where)
}

// checkSchedules says when each schedule fires next.
func (s *session) checkSchedules() check {
	c := s.named(both("schedules", "定时任务"))
	list, err := s.schedules()
	if err != nil {
		return s.bad(c, err, both("correct the schedule in the configuration", "请修正配置里的定时任务"))
	}
	var next []string
	for _, sch := range list {
		next = append(next, both("%s next %s", "%s 下次 %s").In(s.lang, sch.Name, sch.Next(time.Now()).Format("2006-01-02 15:04 MST")))
	}
	if len(next) == 0 {
		return s.ok(c, both("none", "无"))
	}
	return s.ok(c, both("%s", "%s"), strings.Join(next, both("; ", "；").In(s.lang)))
}

func (s *session) checkListen(ctx context.Context) check {
	c := s.named(both("web page", "网页"))
	if err := web.CheckListen(s.cfg.Listen, s.cfg.AccessToken, s.cfg.Insecure); err != nil {
		return s.bad(c, err, both("set access_token (CAIRN_ACCESS_TOKEN), or listen on 127.0.0.1", "请设置 access_token（CAIRN_ACCESS_TOKEN），或监听 127.0.0.1"))
	}
	l, err := net.Listen("tcp", s.cfg.Listen)
	if err == nil {
		l.Close()
		return s.ok(c, both("%s", "%s"), s.cfg.Listen)
	}
	switch ready, isCairn := askReadiness(ctx, s.cfg.Listen); {
	case isCairn && ready:
		return s.ok(c, both("%s, a running cairn serve answers there", "%s，已有 cairn serve 在此运行"), s.cfg.Listen)
	case isCairn:
		return s.bad(c, both("%s: a running cairn serve is not ready", "%s：正在运行的 cairn serve 尚未就绪").Err(s.cfg.Listen), both("see its log, and http://%s/readyz", "请看它的日志，以及 http://%s/readyz").With(dialable(s.cfg.Listen)))
	default:
		return s.bad(c, both("%v", "无法监听：%v").Err(err), both("stop what has this port, or choose another address with --listen", "请停掉占用该端口的程序，或用 --listen 换一个地址"))
	}
}

// readyTimeout bounds the question to whatever listens on our address.
const readyTimeout = 3 * time.Second

// askReadiness asks what listens on an address whether it is a cairn serve, and
// whether that is ready.
func askReadiness(ctx context.Context, listen string) (ready, isCairn bool) {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+dialable(listen)+"/readyz", nil)
	if err != nil {
		return false, false
	}
	// Our own address: no proxy, no redirect to elsewhere.
	t := &http.Transport{DisableKeepAlives: true}
	defer t.CloseIdleConnections()
	client := &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return false, false
	}
	defer resp.Body.Close()
	var body struct {
		Ready  *bool             `json:"ready"`
		Checks map[string]string `json:"checks"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&body); err != nil || body.Ready == nil || body.Checks["library"] == "" {
		return false, false
	}
	return *body.Ready, true
}

// dialable is a listening address as one connects to it.
func dialable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip != nil && ip.To4() == nil {
			host = "::1"
		}
	}
	return net.JoinHostPort(host, port)
}

// checkClock catches a clock that was never set; skew against the platforms is
// the adapters' check.
func (s *session) checkClock() check {
	now := time.Now()
	c := s.named(both("clock", "时钟"))
	if now.Year() < 2026 {
		return s.bad(c, both("%s", "%s").Err(now.Format(time.RFC3339)), both("set the clock: signatures of chat platforms and certificates depend on it", "请校准时钟：聊天平台的签名和证书都依赖它"))
	}
	return s.ok(c, both("%s", "%s"), now.Format(time.RFC3339))
}
