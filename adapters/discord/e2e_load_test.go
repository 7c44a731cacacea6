package discord

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn/adapters/discord/discordtest"
)

// rushQuestions are in the built-in library, in both languages.
var rushQuestions = []string{
	"502 troubleshooting", "k8s node NotReady 怎么排查", "disk full", "redis 内存满了怎么办",
	"mysql replication lag", "kafka 消费堆积", "certificate expired", "pod 一直 CrashLoopBackOff",
}

// TestLoadWholeBinary puts the load on the whole program, with its store in
// SQLite and its built-in index: slash commands, each deferred within three
// seconds and answered once; then a rush of mentions by different people under
// Discord's global limit, none lost or doubled, each channel's order kept,
// everybody who waits for longer than 30 s told. CAIRN_LOAD=1 makes it 500
// commands a second for 20 s, and 2,000 mentions in 10 s. Without it the machine
// may be busy with something else: the seconds are not looked at, and the server
// has room for requests that the machine lets go in a heap.
func TestLoadWholeBinary(t *testing.T) {
	perSecond, seconds, mentions, channels, global, within := 25, 2, 60, 4, 200, patience
	full := os.Getenv("CAIRN_LOAD") == "1"
	if full {
		perSecond, seconds, mentions, channels, global, within = 500, 20, 2000, 50, 50, deferWithin
	} else {
		t.Parallel()
	}
	s, ctx := serverFor(t, discordtest.Options{Global: global, AnswerWithin: within})
	serve(t, s, t.TempDir())
	defer refusals(t, s)
	if err := s.AwaitSession(ctx, 1); err != nil {
		t.Fatal(err)
	}

	ids := make([]string, 0, perSecond*seconds)
	began := time.Now()
	for i := range perSecond * seconds {
		time.Sleep(time.Until(began.Add(time.Duration(i) * time.Second / time.Duration(perSecond))))
		ids = append(ids, s.Slash(discordtest.General, rusher(i), "ask", map[string]any{"question": rushQuestions[i%len(rushQuestions)], "public": i%2 == 0}))
	}
	asked := time.Since(began)
	eventuallyIn(t, 3*patience, func() string {
		if n := len(s.Messages(discordtest.General)); n < len(ids) {
			return fmt.Sprintf("%d of %d commands are answered", n, len(ids))
		}
		return ""
	})
	answered := time.Since(began)
	var after []time.Duration
	filled := map[string]bool{}
	for i, id := range ids {
		x := s.Interaction(id)
		if x.Answer != answerDeferred || x.Original == nil || filled[x.Original.ID] {
			t.Fatalf("command %d: %+v", i, x)
		}
		filled[x.Original.ID] = true
		after = append(after, x.After)
	}
	if n := len(s.Messages("")); n != len(ids) {
		t.Errorf("%d answers to %d commands", n, len(ids))
	}
	slices.Sort(after)
	if worst := after[len(after)-1]; worst > within {
		t.Errorf("the slowest was deferred after %v", worst)
	}
	t.Logf("%d commands in %.1fs, all answered after %.1fs; deferred after p50 %v, p99 %v, at most %v", len(ids), asked.Seconds(), answered.Seconds(),
		after[len(after)/2].Round(time.Millisecond/10), after[len(after)*99/100].Round(time.Millisecond/10), after[len(after)-1].Round(time.Millisecond/10))

	for i := range channels {
		s.AddChannel(rush(i), "load", 0, true)
	}
	rushed := make([]string, mentions)
	places := map[string]int{}
	began = time.Now()
	for i := range rushed {
		time.Sleep(time.Until(began.Add(time.Duration(i) * 5 * time.Millisecond)))
		rushed[i] = s.Mention(rush(i%channels), rusher(i), rushQuestions[i%len(rushQuestions)])
		places[rushed[i]] = i
	}
	eventuallyIn(t, 3*patience, func() string {
		if n := len(rushAnswers(s, channels, places)); n < mentions {
			return fmt.Sprintf("%d of %d mentions are answered", n, mentions)
		}
		return ""
	})
	took := time.Since(began)
	late, slowest := 0, time.Duration(0)
	told := rushNotices(s, channels)
	for i, at := range rushAnswers(s, channels, places) {
		if len(at) != 1 {
			t.Errorf("question %d was answered %d times", i, len(at))
		}
		q, _ := s.Message(rush(i%channels), rushed[i])
		wait := at[0].Sub(q.At)
		if slowest = max(slowest, wait); wait > 30*time.Second {
			late++
			if !strings.Contains(told[i%channels], "User"+rusher(i)) {
				t.Errorf("the asker of question %d waited %v and was not told", i, wait)
			}
		}
	}
	for ch := range channels {
		last := -1
		for _, m := range s.Messages(rush(ch)) {
			i, ok := places[m.ReplyTo]
			// One that keeps those behind it waiting may lose its place.
			slow := !full && ok && i < last && kept(s, rush(ch), m) > orderPatience
			switch {
			case strings.Contains(m.Visible(), "Many questions are waiting") || strings.Contains(m.Visible(), "排队"):
			case slow:
			case !ok || i < last:
				t.Errorf("channel %d: question %d was answered after %d", ch, i, last)
			default:
				last = i
			}
		}
	}
	if st := s.Stats(); st.GlobalLimited > 0 {
		t.Errorf("ran into the global limit %d times", st.GlobalLimited)
	}
	t.Logf("%d mentions answered in %.1fs, the slowest after %.1fs; %d waited longer than 30s, all told", mentions, took.Seconds(), slowest.Seconds(), late)
}

// kept is how long an answer kept the others in its channel waiting at most.
func kept(s *discordtest.Server, channel string, answer discordtest.Message) time.Duration {
	q, _ := s.Message(channel, answer.ReplyTo)
	return answer.At.Sub(q.At)
}

// eventuallyIn polls until nothing is missing.
func eventuallyIn(t *testing.T, d time.Duration, missing func() string) {
	t.Helper()
	for begin := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		what := missing()
		if what == "" {
			return
		}
		if time.Since(begin) > d {
			t.Fatalf("after %v %s", d, what)
		}
	}
}

// rushAnswers are the times of the answers by question: replies in the channel,
// and threads opened from the question.
func rushAnswers(s *discordtest.Server, channels int, places map[string]int) map[int][]time.Time {
	out := map[int][]time.Time{}
	threads := map[string]bool{}
	for _, m := range s.Messages("") {
		i, ok := places[m.ReplyTo]
		if j, opened := places[m.Channel]; opened && !threads[m.Channel] {
			threads[m.Channel] = true
			i, ok = j, true
		} else if opened {
			continue
		}
		if ok && !strings.Contains(m.Visible(), "Many questions are waiting") && !strings.Contains(m.Visible(), "排队") {
			out[i] = append(out[i], m.At)
		}
	}
	return out
}

// rushNotices are the words of the notices by channel.
func rushNotices(s *discordtest.Server, channels int) []string {
	out := make([]string, channels)
	for i := range out {
		for _, m := range s.Messages(rush(i)) {
			if text := m.Visible(); strings.Contains(text, "Many questions are waiting") || strings.Contains(text, "排队") {
				out[i] += text
			}
		}
	}
	return out
}
