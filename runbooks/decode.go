package runbooks

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// decode turns the bytes of a file into UTF-8 text with \n line ends and names
// the encoding. The error lacks the path.
func decode(raw []byte) (text, encoding string, err *ParseError) {
	switch {
	case bytes.HasPrefix(raw, []byte{0xEF, 0xBB, 0xBF}):
		raw = raw[3:]
	case bytes.HasPrefix(raw, []byte{0xFF, 0xFE}):
		return decodeUTF16(raw[2:], binary.LittleEndian, "utf-16le")
	case bytes.HasPrefix(raw, []byte{0xFE, 0xFF}):
		return decodeUTF16(raw[2:], binary.BigEndian, "utf-16be")
	}
	if magic := magicOf(raw); magic != "" {
		return "", "", &ParseError{Err: ErrBinary, Detail: "looks like " + magic}
	}
	if order, name := sniffUTF16(raw); order != nil {
		return decodeUTF16(raw, order, name)
	}
	if i := bytes.IndexByte(raw, 0); i >= 0 {
		return "", "", &ParseError{Err: ErrBinary, Detail: fmt.Sprintf("zero byte at offset %d", i)}
	}
	if utf8.Valid(raw) {
		text = string(raw)
		if share := controlShare(text); share > maxControlShare {
			return "", "", &ParseError{Err: ErrBinary, Detail: fmt.Sprintf("%.0f%% control characters", 100*share)}
		}
		return lineEnds(text), "utf-8", nil
	}
	// UTF-8 cut in the middle of a character must come first: most of its bytes
	// would pass for GB18030 too, as other characters.
	if text, ok := repairUTF8(raw); ok {
		return lineEnds(text), "utf-8", nil
	}
	if text, ok := decodeGB18030(raw); ok {
		return lineEnds(text), "gb18030", nil
	}
	return "", "", &ParseError{Err: ErrEncoding, Detail: "neither UTF-8, UTF-16 nor GB18030; convert it to UTF-8"}
}

// maxControlShare is the share of control characters above which bytes that
// happen to decode are no text.
const maxControlShare = 0.05

func controlShare(s string) float64 {
	if s == "" {
		return 0
	}
	n, all := 0, 0
	for _, r := range s {
		all++
		if r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != '\f' && r != '\x1b' || r == 0x7f {
			n++
		}
	}
	return float64(n) / float64(all)
}

// lineEnds makes every line end \n.
func lineEnds(s string) string {
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.ReplaceAll(s, "\r", "\n")
}

func decodeUTF16(raw []byte, order binary.ByteOrder, name string) (string, string, *ParseError) {
	if len(raw)%2 != 0 {
		return "", "", &ParseError{Err: ErrEncoding, Detail: "UTF-16 with an odd number of bytes"}
	}
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = order.Uint16(raw[2*i:])
	}
	text := string(utf16.Decode(units))
	if strings.IndexByte(text, 0) >= 0 || controlShare(text) > maxControlShare {
		return "", "", &ParseError{Err: ErrBinary, Detail: "UTF-16 byte order mark before bytes that are no text"}
	}
	if n := strings.Count(text, "\uFFFD"); n > utf8.RuneCountInString(text)/100 {
		return "", "", &ParseError{Err: ErrEncoding, Detail: "UTF-16 with broken surrogates"}
	}
	return lineEnds(text), name, nil
}

// sniffUTF16 recognises UTF-16 without a byte order mark. Line breaks and
// spaces tell the byte order: their zero byte stands on one side only.
func sniffUTF16(raw []byte) (binary.ByteOrder, string) {
	if len(raw) < 4 || len(raw)%2 != 0 {
		return nil, ""
	}
	var le, be int // ASCII units under each reading
	head := raw[:min(len(raw), 4096)&^1]
	for i := 0; i+1 < len(head); i += 2 {
		switch {
		case head[i+1] == 0 && plainASCII(head[i]):
			le++
		case head[i] == 0 && plainASCII(head[i+1]):
			be++
		}
	}
	units := len(head) / 2
	try := func(order binary.ByteOrder, name string) (binary.ByteOrder, string) {
		good := 0
		for i := 0; i+1 < len(head); i += 2 {
			u := order.Uint16(head[i:])
			if u < 0x80 && plainASCII(byte(u)) || u >= 0x3000 && u < 0xA000 || u >= 0xFF00 && u < 0xFFF0 || u >= 0x2010 && u < 0x2040 {
				good++
			}
		}
		if good*10 >= units*9 {
			return order, name
		}
		return nil, ""
	}
	switch {
	case le > 4*be && le*50 >= units:
		return try(binary.LittleEndian, "utf-16le")
	case be > 4*le && be*50 >= units:
		return try(binary.BigEndian, "utf-16be")
	}
	return nil, ""
}

func plainASCII(b byte) bool {
	return b >= ' ' && b < 0x7f || b == '\n' || b == '\r' || b == '\t'
}

// decodeGB18030 accepts bytes that decode without error to text which is
// plausibly Chinese: arbitrary bytes often decode too, but to rare characters.
func decodeGB18030(raw []byte) (string, bool) {
	out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(raw)
	if err != nil {
		return "", false
	}
	text := string(out)
	common, rare := 0, 0
	for _, r := range text {
		switch {
		case r < 0x80:
		case r >= 0x4E00 && r <= 0x9FFF, r >= 0x3000 && r <= 0x303F, r >= 0xFF00 && r <= 0xFFEF,
			r >= 0x2010 && r <= 0x2027, r >= 0x2460 && r <= 0x2473, r == '·', r == '×', r == '→', r == '…', r == '°':
			common++
		default:
			rare++
		}
	}
	if common == 0 || rare*10 > common || controlShare(text) > maxControlShare {
		return "", false
	}
	return text, true
}

// repairUTF8 accepts UTF-8 with a few broken bytes, as a file cut in the
// middle of a character has, and replaces them by U+FFFD.
func repairUTF8(raw []byte) (string, bool) {
	bad, wide := 0, 0 // broken bytes, and characters of several bytes
	for i := 0; i < len(raw); {
		r, n := utf8.DecodeRune(raw[i:])
		if r == utf8.RuneError && n == 1 {
			bad++
		} else if n > 1 {
			wide++
		}
		i += n
	}
	if bad*20 > wide && (bad > 2 || wide < 4*bad) {
		return "", false
	}
	text := string(bytes.ToValidUTF8(raw, []byte("\uFFFD")))
	return text, controlShare(text) <= maxControlShare
}

// magicOf names well-known binary formats by their first bytes.
func magicOf(raw []byte) string {
	for _, m := range [...]struct{ head, name string }{
		{"%PDF-", "a PDF (export it as text or Markdown)"},
		{"PK\x03\x04", "a ZIP archive or an office document (export it as text or Markdown)"},
		{"\x89PNG\r\n", "a PNG image"},
		{"\xff\xd8\xff", "a JPEG image"},
		{"GIF8", "a GIF image"},
		{"\x7fELF", "a program"},
		{"\x1f\x8b", "gzip data"},
		{"\xd0\xcf\x11\xe0", "an old office document (export it as text or Markdown)"},
		{"SQLite format 3\x00", "an SQLite database"},
	} {
		if bytes.HasPrefix(raw, []byte(m.head)) {
			return m.name
		}
	}
	return ""
}

// isHan reports Chinese characters.
func isHan(r rune) bool {
	return r >= 0x4E00 && r <= 0x9FFF || r >= 0x3400 && r <= 0x4DBF || r > 0xFFFF && unicode.Is(unicode.Han, r)
}

// isWide reports characters that are set without spaces between words.
func isWide(r rune) bool {
	return isHan(r) || r >= 0x3000 && r <= 0x30FF || r >= 0xFF00 && r <= 0xFFEF
}
