package tips

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"cairn/bot/prose"
	"cairn/runbooks"
)

// Limits of a tip's text, in characters.
const (
	minZh, maxZh = 18, 260
	minEn, maxEn = 60, 520
)

// A reader judges text of one document.
type reader struct {
	lang runbooks.Lang
	// title is the document's: a name in it may begin a sentence in lower case.
	title string
	// runbook says that somebody wrote the document in our format, so that a
	// short label or a question in its prose is no sign of notes.
	runbook bool
}

// sentences returns as many whole sentences from the start of text as fit, and
// whether they read well alone.
func (r reader) sentences(text string) (string, bool) {
	text = strings.TrimSpace(text)
	lo, hi := minEn, maxEn
	if r.lang == runbooks.Chinese {
		lo, hi = minZh, maxZh
	}
	end := 0
	for i, n := range prose.Boundaries(text) {
		// What points at something else ends the tip, if there is one by then.
		if i > 0 && (utf8.RuneCountInString(text[:n]) > hi || points(text[end:n], r.lang)) {
			break
		}
		end = n
	}
	text = strings.TrimSpace(text[:end])
	// A sentence that only announces what comes after it goes, and so does a
	// question that nobody answers.
	for b := prose.Boundaries(text); len(b) > 1 && open(text[b[len(b)-2]:]); b = b[:len(b)-1] {
		text = strings.TrimSpace(text[:b[len(b)-2]])
	}
	if n := utf8.RuneCountInString(text); open(text) || n < lo || n > hi {
		return "", false
	}
	return text, r.standsAlone(text)
}

// open reports whether a sentence is a question or announces what comes next.
func open(sentence string) bool {
	return strings.ContainsAny(sentence[max(len(sentence)-3, 0):], "?？") || announces(sentence)
}

// announces reports whether the sentence promises a list: "There are some
// differences."
func announces(sentence string) bool {
	sentence = strings.ToLower(strings.TrimRight(strings.TrimSpace(sentence), "。.!！：: "))
	for _, p := range []string{"一些区别", "一些不同", "以下几点", "以下几种", "几个步骤", "几个方面", "几种方式", "如下", "some differences", "several ways", "some differences between them"} {
		if strings.HasSuffix(sentence, p) {
			return true
		}
	}
	return false
}

// leaning are first words that lean on something said before.
func leaning(lang runbooks.Lang) []string {
	if lang == runbooks.Chinese {
		return []string{"它", "这", "该", "此", "其", "他", "她", "那", "但", "然而", "不过", "因此", "所以", "于是", "另外", "此外", "同时", "而且", "并且",
			"然后", "接着", "接下来", "之后", "再", "最后", "总之", "综上", "总的来说", "也就是说", "换句话说", "例如", "比如", "其中", "同样", "上述", "上面", "以上", "如上",
			"如下", "下面", "以下", "如图", "前面", "前文", "本文", "本节", "本章", "我", "你好", "大家", "笔者", "作者", "老师", "首先", "其次", "第二", "第三", "重复",
			"答", "注", "备注", "总结", "详细", "更多", "参考", "而", "且", "或", "与", "和", "的", "地", "得", "除了", "具体", "简而言之", "当然", "其实", "因为"}
	}
	return []string{"it", "its", "this", "that", "these", "those", "they", "their", "them", "he", "she", "we", "i", "my", "our", "but", "however", "so", "then", "therefore",
		"also", "and", "or", "otherwise", "instead", "again", "repeat", "next", "finally", "first", "second", "third", "lastly", "likewise", "note", "todo", "here",
		"there", "such", "same", "both", "either", "neither", "another", "moreover", "furthermore", "hence", "thus", "as", "above", "below", "click"}
}

// pointing are phrases that point at something that the reader cannot see, or
// that belong to an author and not to the subject.
func pointing(lang runbooks.Lang) []string {
	if lang == runbooks.Chinese {
		return []string{"如下", "下图", "上图", "下表", "上表", "见图", "所示", "以下", "上述", "上文", "前文", "下文", "前面", "上一步", "下一步骤", "本文", "本章", "本节", "本教程", "本书",
			"公众号", "扫码", "二维码", "关注", "点赞", "转载", "作者", "笔者", "专栏", "读者", "我的", "我们公司", "我们这里", "老司机", "面试", "版权", "广告", "分享给", "文末", "这篇", "文章", "教程", "图片来自",
			"探索中", "命令适用", "命令以", "另注", "截图", "附件", "点击", "下面以", "为准", "第二条", "第三条", "第四条", "第二行", "第三行", "输出结果", "输出显示", "后文", "参看", "参见", "到达这里", "这个例子", "此例", "本例"}
	}
	return []string{"as follows", "following", " below", " above", "see also", "screenshot", "this article", "this guide", "this page", "this document", "this section", "this chapter",
		"this tutorial", "this post", " click ", "subscribe to this", "subscribe to our", "please subscribe", "copyright", "the author", "previous section", "next section", "previous step", "as shown",
		"the figure", "figure 1", "figure 2", "in the table", "the table shows", "table 1", "table 2", " i ", "i'm ", "todo", "tbd", "fixme", "commands are for", "commands here",
		"here are those", "the commands show", "are named where", "field names are", "the second line", "the third line", "the fourth", "the second command", "the third command", "the first command", "the last command",
		"the output", "this example", "these examples", "in this case", "this far"}
}

func points(text string, lang runbooks.Lang) bool {
	lower := strings.ToLower(text)
	return slices.ContainsFunc(pointing(lang), func(p string) bool { return strings.Contains(lower, p) })
}

// standsAlone reports whether the sentences say something to one who has not
// read what stands around them.
func (r reader) standsAlone(text string) bool {
	lang := r.lang
	han := 0.35
	if r.runbook {
		han = 0.2
	}
	if lang == runbooks.Chinese && share(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) < han {
		return false
	}
	if lang != runbooks.Chinese && (share(text, unicode.IsLetter) < 0.6 || share(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) > 0) {
		return false
	}
	if share(text, func(r rune) bool { return strings.ContainsRune("|#*=<>{}[]\\~^_/", r) }) > 0.06 {
		return false
	}
	if points(text, lang) {
		return false
	}
	lower := strings.ToLower(text)
	for _, junk := range []string{"http://", "https://", "www.", "![", "](", " xx ", " x times", "</", "&nbsp;", "\uFFFD", "...."} {
		if strings.Contains(lower, junk) {
			return false
		}
	}
	if !r.runbook && strings.Contains(text, "……") {
		return false
	}
	if lang == runbooks.Chinese {
		for _, w := range leaning(lang) {
			if after, ok := strings.CutPrefix(text, w); ok && !strings.HasPrefix(after, "一") {
				return false
			}
		}
	} else {
		first := strings.Trim(strings.ToLower(strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' || r == ':' })[0]), "'’")
		if slices.Contains(leaning(lang), first) && !strings.HasPrefix(lower, "this alert ") {
			return false
		}
		c, _ := utf8.DecodeRuneInString(text)
		if unicode.IsLower(c) && !strings.ContainsAny(first, "-_./0123456789`") && !knownLower(first) &&
			!slices.Contains(strings.FieldsFunc(strings.ToLower(r.title), func(c rune) bool { return !unicode.IsLetter(c) && c != '-' }), first) {
			return false
		}
	}
	c, _ := utf8.DecodeRuneInString(text)
	if !unicode.IsLetter(c) && !unicode.IsDigit(c) && c != '`' && c != '“' && c != '"' {
		return false
	}
	return prose.Balanced(text)
}

// knownLower are names that begin a sentence in lower case.
func knownLower(w string) bool {
	return slices.Contains([]string{"nginx", "etcd", "kubectl", "kubelet", "systemd", "containerd", "iptables", "ceph", "helm", "istio", "journald", "git", "curl", "dig", "cron", "logrotate", "nodelocal", "iowait", "conntrack", "swap", "kubeadm"}, w)
}

func share(text string, is func(rune) bool) float64 {
	n, all := 0, 0
	for _, r := range text {
		if unicode.IsSpace(r) {
			continue
		}
		all++
		if is(r) {
			n++
		}
	}
	return float64(n) / float64(max(all, 1))
}

// subject returns what the first sentence says what it is of: the words before
// "is a"; false when it defines nothing.
func subject(text string, lang runbooks.Lang) (string, bool) {
	first := text
	if b := prose.Boundaries(text); len(b) > 0 {
		first = text[:b[0]]
	}
	r := []rune(first)
	phrases, reach := definingEn, 110
	if lang == runbooks.Chinese {
		phrases, reach = definingZh, 45
	}
	head := strings.ToLower(string(r[:min(len(r), reach)]))
	at := -1
	for _, p := range phrases {
		if i := strings.Index(head, p); i > 0 && (at < 0 || i < at) && !strings.HasPrefix(head[i:], "负责人") {
			at = i
		}
	}
	if at < 0 || !prose.Balanced(head[:at]) {
		return "", false
	}
	return head[:at], true
}

var (
	definingZh = []string{"是一种", "是一个", "是一款", "是一套", "是一组", "是一类", "是指", "指的是", "用于", "用来", "定义了", "表示", "是由", "是基于", "是面向", "是分布式", "的作用是", "的目的是", "的缩写", "的简称", "即为", "可以让", "负责"}
	definingEn = []string{" is a ", " is an ", " is the ", " are the ", " is how ", " is what ", " is when ", " are a ", " means ", " refers to ", " lets ", " allows ", " stands for ", " tells ", " shows ", " counts ", " holds ", " stores ", " happens when ", " keeps ", " limits ", " controls ", " measures ", " runs "}
)

func defines(text string, lang runbooks.Lang) bool {
	_, ok := subject(text, lang)
	return ok
}

// about reports whether the text says what the heading's subject is.
func about(text, heading string, lang runbooks.Lang) bool {
	of, ok := subject(text, lang)
	return ok && mentions(of, heading)
}

// denies reports whether the text tells of a wrong belief, which makes a bad
// tip when it is read half.
func denies(text string) bool {
	lower := strings.ToLower(text)
	return slices.ContainsFunc([]string{"错误的认知", "误解", "误以为", "misconception", "myth", "wrongly believed"}, func(p string) bool { return strings.Contains(lower, p) })
}

// covers reports whether an answer to "the difference of A and B" speaks of
// both.
func covers(text, heading string) bool {
	lower := strings.ToLower(heading)
	if !slices.ContainsFunc([]string{"区别", "不同", "对比", "difference", " vs "}, func(w string) bool { return strings.Contains(lower, w) }) {
		return true
	}
	for _, w := range []string{"有什么", "之间", "的", "区别", "不同", "对比", "是什么", "what is the", "what are the", "differences", "difference", "between", "?", "？"} {
		lower = strings.ReplaceAll(lower, w, " ")
	}
	for _, sep := range []string{"与", "和", "、", "及", " and ", " vs "} {
		lower = strings.ReplaceAll(lower, sep, "\x00")
	}
	low := strings.ToLower(text)
	for _, side := range strings.Split(lower, "\x00") {
		if side = strings.TrimSpace(side); side != "" && !strings.Contains(low, side) {
			return false
		}
	}
	// One side's name may hold the other's: HTTP in HTTPS.
	return true
}

// asksWhat reports whether a heading asks what something is.
func asksWhat(heading string) bool {
	lower := strings.ToLower(heading)
	return strings.Contains(lower, "什么是") || strings.Contains(lower, "是什么") || strings.HasPrefix(lower, "what is") || strings.HasPrefix(lower, "what are")
}

// reason reports whether the text says why.
func reason(text string, lang runbooks.Lang) bool {
	if lang == runbooks.Chinese {
		for _, p := range []string{"因为", "以免", "避免", "否则", "防止", "以便", "由于", "因而"} {
			if strings.Contains(text, p) {
				return true
			}
		}
		return false
	}
	lower := strings.ToLower(text)
	for _, p := range []string{"because", "so that", ", since ", "otherwise", " to avoid", " to keep", " prevent", " or else"} {
		if i := strings.Index(lower, p); i >= 0 && !strings.HasPrefix(lower[i:], ", since when") {
			return true
		}
	}
	return false
}

// effect reports whether an instruction says what comes of it.
func effect(text string, lang runbooks.Lang) bool {
	if lang == runbooks.Chinese {
		_, after, ok := strings.Cut(text, "；")
		return ok && strings.ContainsAny(after, "会立只不")
	}
	lower := strings.ToLower(text)
	return strings.Contains(lower, "; it ") || strings.Contains(lower, ": it ")
}
