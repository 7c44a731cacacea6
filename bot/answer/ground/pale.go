package ground

import "strings"

// paleWords say little by themselves: what they say is said by what stands
// around them.
var paleWords = func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq("report look see find come go goe get make mak take tak keep stay belong point count happen serve serv cover exist act try do doing turn become becom mean show tell say know think consider accept suspect decide decid produce produc provide provid include includ contain use using let leave leav give giv bring hold lie sit stand real whole own certain such alone alon already together later anything everything anyone something rest other same sam way case cas thing kind place plac side sid point reason fact result view under back away out over again further simply really actual exact first second next last itself themselves yourself one other both matter sense work done start_with begin seem appear call name nam form part further along meanwhile remember note mind") {
		m[w] = true
	}
	for w := range strings.FieldsSeq("看 找 来 去 做 报 说 讲 谈 给 拿 放 搞 弄 算 走 写 完 出 进 到 起 成 用 管 带 跑 敲 头 类 张 先 一般 直接 照常 照样 一起 一个 那个 这个 里面 东西 情况 问题 地方 方面 真正 本身 好处 意义 造成 造成的 引起 工作 事 遍 件 第 还 就 会让 没有意义 其实 没用 大 一 下") {
		m[w] = true
	}
	return m
}()

func pale(t *token) bool {
	if paleWords[t.text] {
		return true
	}
	if t.kind == kindWord && strings.Contains(t.text, " ") {
		for w := range strings.FieldsSeq(t.text) {
			if !paleWords[w] && !hollow[w] && len(w) > 3 {
				return false
			}
		}
		return true
	}
	return false
}
