package app

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"cairn/bot/answer"
	"cairn/bot/answer/ground"
	"cairn/bot/answer/judge"
	"cairn/retrieval/glossary"
	"cairn/retrieval/llm"
)

// checkJudge says whether the model may judge its own sentences; with exam it
// is examined first.
func (s *session) checkJudge(ctx context.Context, exam bool) check {
	c := s.named(both("judge", "裁判"))
	if exam && !mayJudge(s.cfg) {
		return s.bad(c, both("there is nobody to examine: llm.model is %q, llm.judge %v, llm.send %s", "没有可以考试的模型：llm.model 为 %q，llm.judge 为 %v，llm.send 为 %s").Err(s.cfg.LLM.Model, s.cfg.LLM.Judge, s.cfg.LLM.Send),
			both("set llm.model, llm.judge: true and llm.send: passages", "请设置 llm.model、llm.judge: true 和 llm.send: passages"))
	}
	switch {
	case !s.cfg.LLM.Judge:
		return s.ok(c, both("not used (llm.judge: false); a stricter check decides which sentences are shown", "不使用（llm.judge: false）；由更严格的检查决定显示哪些句子"))
	case s.cfg.LLM.Send != answer.SendPassages:
		return s.ok(c, both("not used: it would have to see passages, and llm.send is %s", "不使用：它需要看到段落，而 llm.send 为 %s"), s.cfg.LLM.Send)
	}
	if exam {
		return s.examine(ctx, c)
	}
	r, ok, err := judge.Find(s.cfg.Data, s.cfg.LLM.Model, serverOf(s.cfg))
	switch {
	case err != nil:
		return s.bad(c, err, both("see the error", "见错误信息"))
	case !ok:
		return s.ok(c, both("%s has not taken the exam, so only sentences very near their sources are shown; `cairn doctor --judge` lets it take it (%d short calls)",
			"%s 尚未参加考试，因此只显示与原文非常接近的句子；运行 `cairn doctor --judge` 让它参加（%d 次短调用）"), s.cfg.LLM.Model, judge.ExamCalls())
	case !r.Passed():
		return s.ok(c, both("%s has not passed the exam on %s (%d of %d false sentences accepted, %d of %d true ones kept): a stricter check decides which sentences are shown",
			"%s 在 %s 的考试中未通过（误放 %d/%d 个错误句子，保留 %d/%d 个正确句子）：由更严格的检查决定显示哪些句子"), examArgs(r)...)
	default:
		return s.ok(c, both("%s passed the exam on %s: %d of %d false sentences accepted, %d of %d true ones kept", "%s 于 %s 通过考试：误放 %d/%d 个错误句子，保留 %d/%d 个正确句子"), examArgs(r)...)
	}
}

func examArgs(r judge.Record) []any {
	return []any{r.Model, r.Time.Format(time.DateOnly), r.FalsePassed, r.False, r.TruePassed, r.True}
}

var noGoodJudge = both("take a better model, or leave it: without a judge a stricter check decides which sentences are shown", "请换更好的模型，或不做处理：没有裁判时由更严格的检查决定显示哪些句子")

// examine lets the model take the exam and keeps what it gave.
func (s *session) examine(ctx context.Context, c check) check {
	r, err := judge.New(slog.New(slog.DiscardHandler), s.model, ground.New(glossary.Default())).Examine(ctx)
	if err != nil {
		var e *llm.Error
		if errors.As(err, &e) && e.Reason == llm.ReasonFormat {
			return s.bad(c, err, both("it does not keep to the format asked for: take a larger model, or set llm.judge: false", "它不遵守要求的格式：请换更大的模型，或设置 llm.judge: false"))
		}
		return s.failedCall(c, err, "llm.model")
	}
	r.Server, r.Time = serverOf(s.cfg), time.Now().UTC().Truncate(time.Second)
	if err := judge.Keep(s.cfg.Data, r); err != nil {
		return s.bad(c, err, both("make the data directory writable and examine the model again", "请确认数据目录可写，然后重新考试"))
	}
	if !r.Passed() && r.Void > 0 {
		return s.bad(c, both("%s has not passed the exam on %s: %d of %d false sentences accepted, %d of %d true ones kept, %d of %d calls void for a wrong control", "%s 在 %s 的考试中未通过：误放 %d/%d 个错误句子，保留 %d/%d 个正确句子，%d/%d 次调用因答错对照句而作废").Err(append(examArgs(r), r.Void, judge.ExamCalls())...),
			noGoodJudge)
	}
	if !r.Passed() {
		return s.bad(c, both("%s has not passed the exam on %s: %d of %d false sentences accepted, %d of %d true ones kept", "%s 在 %s 的考试中未通过：误放 %d/%d 个错误句子，保留 %d/%d 个正确句子").Err(examArgs(r)...), noGoodJudge)
	}
	return s.ok(c, both("%s has passed the exam on %s: %d of %d false sentences accepted, %d of %d true ones kept; a running cairn serve uses it after a restart", "%s 于 %s 通过考试：误放 %d/%d 个错误句子，保留 %d/%d 个正确句子；正在运行的 cairn serve 重启后生效"), examArgs(r)...)
}
