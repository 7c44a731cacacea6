package bot

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"cairn/adapters"
	"cairn/bot/store"
)

// manners say what may be done about an event.
type manners struct {
	speak       bool    // an answer may be given
	always      bool    // something is said in any case
	answersMiss bool    // "I do not know" is said too
	onboarding  bool    // the owners are asked where there is no answer
	confidence  float64 // what an answer needs to be given
	remember    bool    // the message becomes a turn
	wake        bool    // the thread is no longer quiet
	quietNow    bool    // two people talk: the thread becomes quiet
}

// manners decides by the surface, the conversation and the text.
func (b *Bot) manners(ev adapters.Event, conv store.Conversation, text string) manners {
	switch ev.Surface {
	case adapters.SurfaceThread:
		return threadManners(ev, conv, text)
	case adapters.SurfaceOnboarding:
		return b.onboardingManners(ev, conv, text)
	case adapters.SurfaceSlash, adapters.SurfacePage:
		return manners{speak: true, always: true}
	default:
		return manners{speak: true, always: true, remember: !ev.Private, wake: conv.Quiet && !ev.Private}
	}
}

// threadManners are those for a message without a mention in a thread that
// Cairn takes part in.
func threadManners(ev adapters.Event, conv store.Conversation, text string) manners {
	if !takesPart(conv) {
		return manners{}
	}
	m := manners{remember: true}
	if conv.Quiet {
		return m
	}
	if othersTalk(conv, ev.User.ID) {
		m.quietNow = true
		return m
	}
	m.speak = true
	m.answersMiss = isQuestion(text)
	return m
}

// takesPart reports whether Cairn has said something in the conversation.
func takesPart(conv store.Conversation) bool {
	return slices.ContainsFunc(conv.Turns, func(t store.Turn) bool { return t.Role == "cairn" })
}

// othersTalk reports whether the message follows somebody else's and not
// Cairn's: two people talk to each other.
func othersTalk(conv store.Conversation, user string) bool {
	if len(conv.Turns) == 0 {
		return false
	}
	last := conv.Turns[len(conv.Turns)-1]
	return last.Role == "user" && last.User != user
}

// onboardingManners are those for a message without a mention in an onboarding
// channel.
func (b *Bot) onboardingManners(ev adapters.Event, conv store.Conversation, text string) manners {
	ob, ok := b.opts.Onboarding[ev.Adapter]
	if !ok || !slices.Contains(ob.Channels, ev.Channel) {
		return manners{}
	}
	reply := ev.Thread != "" && ev.Thread != ev.Message
	if reply {
		if takesPart(conv) {
			return threadManners(ev, conv, text)
		}
		return manners{remember: true} // people talk
	}
	if peopleTalk(conv, ev.User.ID) || takesPart(conv) || !isQuestion(text) {
		return manners{remember: ev.Thread != ""}
	}
	confidence := ob.Confidence
	if confidence == 0 {
		confidence = 0.7
	}
	return manners{speak: true, onboarding: true, confidence: confidence, remember: true}
}

// peopleTalk reports whether somebody but the user has written.
func peopleTalk(conv store.Conversation, user string) bool {
	return slices.ContainsFunc(conv.Turns, func(t store.Turn) bool { return t.Role == "user" && t.User != user })
}

// roleOwners marks the turn with which the owner group was asked.
const roleOwners = "owners"

// askOwners asks the owner group once, politely, where there was no answer.
func (b *Bot) askOwners(ctx context.Context, j *job, f *found) error {
	ob := b.opts.Onboarding[j.ev.Adapter]
	if ob.OwnerGroup == "" {
		return nil
	}
	conv, err := b.conversation(ctx, j.ev)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(conv.Turns, func(t store.Turn) bool { return t.Role == roleOwners }) {
		return nil
	}
	m := plainMessage(f.Answer.Language, say(f.Answer.Language, textOwners))
	m.Notify = ob.OwnerGroup
	ref, err := b.deliver(ctx, j, m)
	if err != nil {
		return err
	}
	// The turn keeps an edit of the question from asking a second time.
	b.turn(ctx, j.ev, threadOf(j.ev), store.Turn{Role: roleOwners, Text: ref.Message})
	return nil
}

// onChatter notes that people talk in a thread.
func (b *Bot) onChatter(ctx context.Context, ev adapters.Event) error {
	conv, err := b.conversation(ctx, ev)
	if err != nil {
		return err
	}
	onboarding := slices.Contains(b.opts.Onboarding[ev.Adapter].Channels, ev.Channel)
	if !takesPart(conv) && !onboarding {
		return nil
	}
	if takesPart(conv) && !conv.Quiet && peopleTalk(conv, ev.User.ID) {
		b.setQuiet(ctx, ev, true)
	}
	b.turn(ctx, ev, threadOf(ev), store.Turn{Role: "user", User: ev.User.ID, Text: clean(cut(ev.Text, 4000)), At: ev.Time})
	return nil
}

// isQuestion reports whether a text asks for something: by its mark, by a word
// of asking, or by asking for help.
func isQuestion(text string) bool {
	t := strings.ToLower(strings.TrimSpace(text))
	if t == "" {
		return false
	}
	for _, l := range strings.Split(t, "\n") {
		l = strings.TrimRight(l, " \t!！.。~～)）\"'”’")
		if strings.HasSuffix(l, "?") || strings.HasSuffix(l, "？") {
			return true
		}
	}
	for _, w := range []string{"怎么", "怎样", "如何", "为什么", "为啥", "为何", "什么原因", "是什么", "啥原因", "哪里", "哪个", "哪位", "请问", "求助", "咋", "能不能", "可不可以",
		"有没有人", "有没有办法", "是否", "谁知道", "有人知道", "多少", "帮忙看", "请教", "何时"} {
		if strings.Contains(t, w) {
			return true
		}
	}
	if r := []rune(strings.TrimRight(t, " 。.!！~～")); len(r) > 1 {
		switch r[len(r)-1] {
		case '吗', '呢', '嘛', '么':
			return true
		}
	}
	words := strings.FieldsFunc(t, func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' })
	for i, w := range words {
		if i >= 6 {
			break
		}
		switch w {
		case "how", "why", "what", "what's", "whats", "where", "when", "which", "who", "who's":
			// "this is how we fixed it" is no question.
			if i == 0 || slices.Contains([]string{"hi", "hello", "hey", "so", "and", "but", "ok", "know", "folks", "all", "team", "please", "everyone", "tell", "question", "wondering", "idea"}, words[i-1]) {
				return true
			}
		case "can", "could", "does", "do", "did", "is", "are", "should", "would", "will", "has", "have", "anyone", "anybody", "any":
			if i == 0 && len(words) > 2 && (w != "have" && w != "has" && w != "do" && w != "will" && w != "any" || strings.Contains(t, "?")) {
				return true
			}
		}
	}
	for _, p := range []string{"anyone know", "does anyone", "any idea", "any ideas", "any advice", "help with", "need help", "how do i", "how to ", "how can i", "not sure how", "not sure why", "troubleshoot"} {
		if strings.Contains(t, p) {
			return true
		}
	}
	return false
}

// smallTalk answers a greeting or thanks.
func smallTalk(text, lang string) (adapters.Message, bool) {
	t := strings.ToLower(strings.TrimFunc(text, func(r rune) bool { return !unicode.IsLetter(r) }))
	switch t {
	case "hi", "hello", "hey", "hi there", "hello there", "hey there", "good morning", "good evening", "good afternoon", "yo", "hi cairn", "hello cairn", "hey cairn",
		"你好", "您好", "在吗", "在不在", "嗨", "哈喽", "早", "早上好", "下午好", "晚上好", "大家好", "hi 大家好", "你好啊", "在么":
		return plainMessage(lang, say(lang, textHello)), true
	case "thanks", "thank you", "thx", "ty", "cheers", "great", "nice", "cool", "perfect", "thanks a lot", "many thanks", "thank you very much", "thank you so much", "ok thanks", "ok thank you", "got it", "ok", "okay", "it worked", "that worked", "works now", "great thanks",
		"谢谢", "多谢", "感谢", "谢了", "谢谢你", "谢谢啦", "非常感谢", "好的", "好的谢谢", "收到", "好的，谢谢", "辛苦了", "搞定了", "解决了", "好了", "可以了", "行", "嗯", "嗯嗯", "ok 谢谢":
		return plainMessage(lang, say(lang, textWelcome)), true
	}
	return adapters.Message{}, false
}
