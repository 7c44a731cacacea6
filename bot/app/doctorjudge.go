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
	switch {
	case exam && s.cfg.LLM.Model == "":
		return s.bad(c, both("no model takes the exam: none is configured, or --no-model is given", "没有模型可以考试：未配置，或使用了 --no-model").Err(), both("set llm.model (CAIRN_LLM_MODEL)", "请设置 llm.model（CAIRN_LLM_MODEL）"))
	case exam && !mayJudge(s.cfg):
		return s.bad(c, both("no model takes the exam: it would not be used with llm.judge: %v and llm.send: %s", "不进行考试：在 llm.judge: %v、llm.send: %s 的设置下用不到").Err(s.cfg.LLM.Judge, s.cfg.LLM.Send), both("set llm.judge: true and llm.send: passages", "请设置 llm.judge: true 和 llm.send: passages"))
	case !s.cfg.LLM.Judge:
		return s.ok(c, both("not used (llm.judge: false); a stricter check decides which sentences are shown", "不使用（llm.judge: false）；由更严格的检查决定显示哪些句子"))
	case s.cfg.LLM.Send != answer.SendPassages:
		return s.ok(c, both("not used: it would have to see passages, and llm.send is %s", "不使用：它需要看到段落，而 llm.send 为 %s"), s.cfg.LLM.Send)
	}
	if exam {
		return s.examine(ctx, c)
	}
	r, ok, err := examOf(s.cfg)
	switch {
	case err != nil:
		return s.bad(c, both("the exam's result cannot be read: %v", "无法读取考试结果：%v").Err(err), both("let the model take the exam again: cairn doctor --judge", "请让模型重新考试：cairn doctor --judge"))
	case !ok:
		return s.ok(c, both("%s has not taken this version's exam, so only sentences very near their sources are shown; `cairn doctor --judge` lets it take it (%d short calls)",
			"%s 尚未参加当前版本的考试，因此只显示与原文非常接近的句子；运行 `cairn doctor --judge` 让它参加（%d 次短调用）"), s.cfg.LLM.Model, judge.ExamCalls())
	case !r.Passed():
		return s.ok(c, both("%s has not passed the exam on %s (%d of %d false sentences accepted, %d of %d true ones kept): a stricter check decides which sentences are shown",
			"%s 在 %s 的考试中未通过（误放 %d/%d 个错误句子，保留 %d/%d 个正确句子）：由更严格的检查决定显示哪些句子"), examArgs(r)...)
	default:
		return s.ok(c, both("%s passed the exam on %s: %d of %d false sentences accepted, %d of %d true ones kept", "%s 于 %s 通过考试：误放 %d/%d 个错误句子，保留 %d/%d 个正确句子"), examArgs(r)...)
	}
}

// describeJudge says which model writes, and whether it judges what it writes.
func (s *session) describeJudge() string {
	r, ok, err := examOf(s.cfg)
	switch {
	case !mayJudge(s.cfg):
		return both("%s, no judge of its sentences", "%s，不由它判断自己的句子").In(s.lang, s.cfg.LLM.Model)
	case err == nil && ok && r.Passed():
		return both("%s, judges its sentences (exam of %s)", "%s，由它判断自己的句子（%s 通过考试）").In(s.lang, s.cfg.LLM.Model, r.Time.Format(time.DateOnly))
	default:
		return both("%s, no judge of its sentences yet: cairn doctor --judge", "%s，尚不能判断自己的句子：cairn doctor --judge").In(s.lang, s.cfg.LLM.Model)
	}
}

func examArgs(r judge.Record) []any {
	return []any{r.Model, r.Time.Format(time.DateOnly), r.FalsePassed, r.False, r.TruePassed, r.True}
}

var keepable = both("make the data directory writable, and see that it has space left", "请确认数据目录可写且有剩余空间")

var noGoodJudge = both("take a better model, or leave it: without a judge a stricter check decides which sentences are shown", "请换更好的模型，或不做处理：没有裁判时由更严格的检查决定显示哪些句子")

// examine lets the model take the exam and keeps what it gave.
func (s *session) examine(ctx context.Context, c check) check {
	if err := judge.CanKeep(s.cfg.Data); err != nil {
		return s.bad(c, both("the model is not examined, since the result could not be kept: %v", "没有进行考试，因为结果无法保存：%v").Err(err), keepable)
	}
	s.tell(both("examining %s: %d calls, one after another", "%s 开始考试：依次进行 %d 次调用"), s.cfg.LLM.Model, judge.ExamCalls())
	r, err := judge.New(slog.New(slog.DiscardHandler), s.model, ground.New(glossary.Default())).Examine(ctx, func(done int) {
		if done%6 == 0 {
			s.tell(both("%d of %d calls", "%d/%d 次调用"), done, judge.ExamCalls())
		}
	})
	if err != nil {
		var e *llm.Error
		if errors.As(err, &e) && e.Reason == llm.ReasonFormat {
			return s.bad(c, both("%s does not answer in the format of the exam: %v", "%s 的回答不符合考试要求的格式：%v").Err(s.cfg.LLM.Model, e.Err), both("it does not keep to the format asked for: take a larger model, or set llm.judge: false", "它不遵守要求的格式：请换更大的模型，或设置 llm.judge: false"))
		}
		return s.failedCall(c, err, "llm.model")
	}
	r.Server, r.Time = serverOf(s.cfg), time.Now().UTC().Truncate(time.Second)
	if err := judge.Keep(s.cfg.Data, r); err != nil {
		return s.bad(c, both("the exam's result cannot be kept: %v", "无法保存考试结果：%v").Err(err), keepable)
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
