package tips

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"cairn/runbooks"
)

// Limits of a tip's text, in characters.
const (
	minZh, maxZh = 18, 260
	minEn, maxEn = 50, 520
)

// sentences returns as many whole sentences from the start of text as fit, and
// whether they read well alone.
func sentences(text string, lang runbooks.Lang) (string, bool) {
	text = strings.TrimSpace(text)
	lo, hi := minEn, maxEn
	if lang == runbooks.Chinese {
		lo, hi = minZh, maxZh
	}
	end := 0
	for i, n := range boundaries(text) {
		// What points at something else ends the tip, if there is one by then.
		if i > 0 && (utf8.RuneCountInString(text[:n]) > hi || points(text[end:n], lang)) {
			break
		}
		end = n
	}
	text = strings.TrimSpace(text[:end])
	if n := utf8.RuneCountInString(text); n < lo || n > hi {
		return "", false
	}
	return text, standsAlone(text, lang)
}

// boundaries returns the offsets right after each sentence's end.
func boundaries(text string) (out []int) {
	code, depth := false, 0
	for i, r := range text {
		next := text[i+utf8.RuneLen(r):]
		switch r {
		case '`':
			code = !code
		case '(', '（', '[', '【', '《', '“':
			depth++
		case ')', '）', ']', '】', '》', '”':
			depth = max(depth-1, 0)
		}
		if code || depth > 0 {
			continue
		}
		switch {
		case strings.ContainsRune("。！？", r):
			for _, q := range []string{"”", "」", "）"} {
				next = strings.TrimPrefix(next, q)
			}
			out = append(out, len(text)-len(next))
		case strings.ContainsRune(".!?", r) && (next == "" || next[0] == ' ' || next[0] == '\n') && !abbreviation(text[:i]):
			out = append(out, i+1)
		}
	}
	return out
}

// abbreviation reports whether a full stop after s ends a word, not a
// sentence.
func abbreviation(s string) bool {
	word := strings.ToLower(s[strings.LastIndexAny(s, " (\n")+1:])
	return slices.Contains([]string{"e.g", "i.e", "etc", "vs", "cf", "no", "fig", "approx", "resp", "incl"}, word) ||
		word != "" && strings.Trim(word, "0123456789") == ""
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
			"探索中", "命令适用", "命令以", "另注", "截图", "附件", "点击"}
	}
	return []string{"as follows", "following", " below", " above", "see also", "screenshot", "this article", "this guide", "this page", "this document", "this section", "this chapter",
		"this tutorial", "this post", "click", "subscribe", "copyright", "author", "previous section", "next section", "previous step", "as shown", "figure ", "table ", " i ", "i'm ", "todo", "tbd", "fixme", "commands are for", "commands here"}
}

func points(text string, lang runbooks.Lang) bool {
	lower := strings.ToLower(text)
	return slices.ContainsFunc(pointing(lang), func(p string) bool { return strings.Contains(lower, p) })
}

// standsAlone reports whether the sentences say something to one who has not
// read what stands around them.
func standsAlone(text string, lang runbooks.Lang) bool {
	if lang == runbooks.Chinese && share(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) < 0.35 {
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
	for _, junk := range []string{"http://", "https://", "www.", "![", "](", "</", "&nbsp;", "\uFFFD", "……", "...."} {
		if strings.Contains(lower, junk) {
			return false
		}
	}
	if lang == runbooks.Chinese {
		for _, w := range leaning(lang) {
			if strings.HasPrefix(text, w) {
				return false
			}
		}
	} else {
		first := strings.Trim(strings.ToLower(strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' || r == ':' })[0]), "'’")
		if slices.Contains(leaning(lang), first) {
			return false
		}
		r, _ := utf8.DecodeRuneInString(text)
		if unicode.IsLower(r) && !strings.ContainsAny(first, "-_./0123456789") && !knownLower(first) {
			return false
		}
	}
	r, _ := utf8.DecodeRuneInString(text)
	if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '`' && r != '“' && r != '"' {
		return false
	}
	return balanced(text)
}

// knownLower are names that begin a sentence in lower case.
func knownLower(w string) bool {
	return slices.Contains([]string{"nginx", "etcd", "kubectl", "kubelet", "systemd", "containerd", "iptables", "ceph", "helm", "istio", "journald", "git", "curl", "dig", "cron", "logrotate", "nodelocal", "iowait", "conntrack", "swap"}, w)
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

// balanced reports whether brackets and quotes close.
func balanced(text string) bool {
	if strings.Count(text, "`")%2 != 0 || strings.Count(text, `"`)%2 != 0 {
		return false
	}
	for _, pair := range []string{"()", "（）", "[]", "【】", "《》", "“”", "「」"} {
		open, size := utf8.DecodeRuneInString(pair)
		if strings.Count(text, string(open)) != strings.Count(text, pair[size:]) {
			// Half-width and full-width brackets are mixed freely.
			if open != '(' && open != '（' || strings.Count(text, "(")+strings.Count(text, "（") != strings.Count(text, ")")+strings.Count(text, "）") {
				return false
			}
		}
	}
	return true
}

// defines reports whether the first sentence says what its subject is.
func defines(text string, lang runbooks.Lang) bool {
	first := text
	if b := boundaries(text); len(b) > 0 {
		first = text[:b[0]]
	}
	r := []rune(first)
	if lang == runbooks.Chinese {
		head := string(r[:min(len(r), 45)])
		for _, p := range []string{"是一种", "是一个", "是一款", "是一套", "是一组", "是一类", "是指", "指的是", "用于", "用来", "定义了", "表示", "是由", "是基于", "是面向", "是分布式", "的作用是", "的目的是", "的缩写", "的简称", "即为", "可以让", "负责"} {
			if i := strings.Index(head, p); i > 0 {
				return true
			}
		}
		return false
	}
	head := " " + strings.ToLower(string(r[:min(len(r), 110)]))
	for _, p := range []string{" is a ", " is an ", " is the ", " are the ", " is how ", " is what ", " is when ", " are a ", " means ", " refers to ", " lets ", " allows ", " stands for ", " tells ", " shows ", " counts ", " holds ", " stores ", " happens when ", " keeps ", " limits ", " controls ", " measures ", " runs "} {
		if strings.Contains(head, p) {
			return true
		}
	}
	return false
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
	for _, p := range []string{"because", "so that", " since ", "otherwise", " to avoid", " to keep", " prevent", "; it ", ": it ", " or else"} {
		if strings.Contains(lower, p) {
			return true
		}
	}
	return false
}
