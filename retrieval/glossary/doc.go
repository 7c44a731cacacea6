// Package glossary holds the bilingual operations vocabulary: which Chinese and
// English words name the same thing. Retrieval uses it to let an English
// question find a Chinese document and the reverse.
//
// # Data
//
// The built-in glossary lies in data/*.txt, one file per area; the file's name
// is the area's. [Load] reads a user's file of the same format, [Glossary.Merge]
// adds it to another. A line is one concept:
//
//	节点, 结点 = node
//	持久卷, 持久化卷 = persistent volume, pv{@kubernetes|volume|存储}
//	[cron-job] 定时任务 = cronjob, scheduled job^0.7
//
// Chinese forms stand left of the equals sign, English ones right of it, each
// separated by commas; both sides need at least one. Text in ASCII that both
// languages write alike (etcd, 502) is an English form; it matches whatever
// surrounds it. After a form may come:
//
//   - {a|b|@area}: the form is ambiguous and counts only where one of these
//     stands elsewhere in the same text: a word or phrase, or, after @, any
//     concept of that area that needs no context itself. Contexts govern
//     matching alone; a form is a fit translation of its siblings regardless.
//   - ^0.5: a loose counterpart; the weight lies above 0 and at most 1.
//
// The concept's id is the first English form in lower case with hyphens, or
// what stands in brackets before the line. In a merge, concepts of equal id
// become one, so that a user's file can add forms to a built-in concept.
// Empty lines and lines that begin with # are skipped.
//
// A Latin form matches whole words in any case, inside camelCase and snake_case
// too, and with the endings -s, -es, -ed and -ing; spaces, hyphens and
// underscores between its words are alike. A form that says that something
// failed matches the other ways to say so: "backup failure" also means a failed
// backup and a backup that fails. A Han form matches anywhere. Write
// Chinese in simplified characters: [Glossary.Match] folds traditional and
// full-width ones before it compares. [Glossary.Lint] tells what is wrong with
// a glossary beyond its syntax.
//
// The tables beside the areas, folding/traditional.txt and folding/pinyin.txt,
// serve [Simplify] and [Pinyin].
//
// # Use
//
// A [Glossary] does not change once made and may be used by any number of
// goroutines. Nothing happens at program start: [Default] parses the embedded
// data when it is first asked, matching builds its index at the first match.
// A [Matcher] serves one goroutine that matches many texts, and parts of them.
// The package imports the standard library only.
package glossary
