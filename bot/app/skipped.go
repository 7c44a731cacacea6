package app

import (
	"strings"

	"cairn/adapters"
)

// skipReasons are the reasons for which files are left out, longer ones before
// those that they begin like. An index keeps them in English.
var skipReasons = []adapters.Text{
	both("more than %s files: this one and %s after it are left out; raise the limit or name a smaller folder", "超过 %s 个文件：从这个起还有 %s 个被略过；请提高上限，或指定小一些的目录"),
	both("more than %s folders deep", "目录层级超过 %s 层"),
	both("folder cannot be read: %s", "目录无法读取：%s"),
	both("file cannot be read: %s", "文件无法读取：%s"),
	both("file name holds bytes that are no text", "文件名里有不是文字的字节"),
	both("link leads nowhere", "链接的目标不存在"),
	both("link cannot be followed: permission denied", "链接无法访问：没有权限"),
	both("link cannot be followed: it is a loop or too long a chain", "链接无法访问：成环或嵌套太多"),
	both("link cannot be followed: %s", "链接无法访问：%s"),
	both("link leads outside the library", "链接指向文档库之外"),
	both("link to a file that is listed already", "链接指向的文件已经列入"),
	both("link to a folder that it stands in", "链接指向它所在的目录"),
	both("link to a folder that is listed already", "链接指向的目录已经列入"),
	both("not a regular file", "不是普通文件"),
	both("not a path inside the library", "路径不在文档库内"),
	both("no extension and no text", "没有扩展名，也不是文本"),
	both("%s of a type that is not read", "%s 个文件的类型不支持"),
	both("library cannot be read", "文档库无法读取"),
	both("reading was stopped", "读取被中止"),
	both("marked as a draft", "标记为草稿"),
	both("file too large: %s, the limit is %s; split it or raise the limit", "文件太大：%s，上限 %s；请拆分或提高上限"),
	both("file too large: %s, the limit is %s", "文件太大：%s，上限 %s"),
	both("binary file: looks like a PDF (export it as text or Markdown)", "二进制文件：看起来是 PDF（请导出为文本或 Markdown）"),
	both("binary file: looks like a ZIP archive or an office document (export it as text or Markdown)", "二进制文件：看起来是 ZIP 压缩包或 Office 文档（请导出为文本或 Markdown）"),
	both("binary file: looks like an old office document (export it as text or Markdown)", "二进制文件：看起来是旧版 Office 文档（请导出为文本或 Markdown）"),
	both("binary file: looks like a PNG image", "二进制文件：看起来是 PNG 图片"),
	both("binary file: looks like a JPEG image", "二进制文件：看起来是 JPEG 图片"),
	both("binary file: looks like a GIF image", "二进制文件：看起来是 GIF 图片"),
	both("binary file: looks like a program", "二进制文件：看起来是可执行程序"),
	both("binary file: looks like gzip data", "二进制文件：看起来是 gzip 数据"),
	both("binary file: looks like an SQLite database", "二进制文件：看起来是 SQLite 数据库"),
	both("binary file: zero byte at offset %s", "二进制文件：偏移 %s 处是零字节"),
	both("binary file: %s control characters", "二进制文件：控制字符占 %s"),
	both("binary file: UTF-16 byte order mark before bytes that are no text", "二进制文件：UTF-16 字节序标记之后不是文字"),
	both("unknown text encoding: neither UTF-8, UTF-16 nor GB18030; convert it to UTF-8", "无法识别的文本编码：不是 UTF-8、UTF-16 或 GB18030；请转换为 UTF-8"),
	both("unknown text encoding: UTF-16 with an odd number of bytes", "无法识别的文本编码：UTF-16 的字节数是奇数"),
	both("unknown text encoding: UTF-16 with broken surrogates", "无法识别的文本编码：UTF-16 的代理对不完整"),
}

// skipReason is the reason for which a file was left out, in both languages as
// far as it is one of ours.
func skipReason(reason string) adapters.Text {
	for _, t := range skipReasons {
		if args, ok := argsOf(t.In(english), reason); ok {
			return t.With(args...)
		}
	}
	return both("%s", "%s").With(reason)
}

// argsOf returns what stands in a text where its format has %s.
func argsOf(format, text string) (args []any, ok bool) {
	parts := strings.Split(format, "%s")
	text, ok = strings.CutPrefix(text, parts[0])
	for i := 1; ok && i < len(parts); i++ {
		at := strings.Index(text, parts[i])
		if parts[i] == "" { // the format ends here
			at = len(text)
		}
		if ok = at >= 0; ok {
			args, text = append(args, text[:at]), text[at+len(parts[i]):]
		}
	}
	return args, ok && text == ""
}
