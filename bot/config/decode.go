package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"cairn/adapters"
)

const (
	maxFile  = 1 << 20
	maxDepth = 8
	maxItems = 10_000
)

var (
	secretType   = reflect.TypeFor[adapters.Secret]()
	durationType = reflect.TypeFor[time.Duration]()
)

// A decoder fills a Config from YAML nodes. name is what errors call the
// source: a file's, a variable's or a flag's name.
type decoder struct {
	name    string
	origins map[string]string
	items   int
}

// at names a place in the source.
func (d *decoder) at(n *yaml.Node) string {
	if n.Line == 0 {
		return d.name
	}
	return d.name + ":" + strconv.Itoa(n.Line)
}

func (d *decoder) errorAt(n *yaml.Node, t adapters.Text, args ...any) error {
	return within(d.at(n), t.Err(args...))
}

// both makes a text.
func both(en, zh string) adapters.Text { return adapters.Both(en, zh) }

// within says where an error is: in a file, a variable, a setting.
func within(place string, err error) error { return both("%s: %v", "%s：%v").Err(place, err) }

// parseYAML returns the single document's root, nil for an empty file.
func parseYAML(name string, b []byte) (*yaml.Node, error) {
	if len(b) > maxFile {
		return nil, both("%s: got %d bytes, want at most %d", "%s：文件有 %d 字节，最多 %d 字节").Err(name, len(b), maxFile)
	}
	if !utf8.Valid(b) {
		return nil, both("%s: the file is not UTF-8; save it as UTF-8", "%s：文件不是 UTF-8，请另存为 UTF-8").Err(name)
	}
	dec := yaml.NewDecoder(bytes.NewReader(b))
	var doc, more yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, both("%s: %s", "%s：%s").Err(name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, both("%s:%d: got a second YAML document, want one", "%s:%d：出现了第二个 YAML 文档，只能有一个").Err(name, max(more.Line, 1))
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	return doc.Content[0], nil
}

// value decodes n into v. path is the setting's key, with list indexes.
func (d *decoder) value(n *yaml.Node, v reflect.Value, path string, depth int) error {
	if d.items++; d.items > maxItems || depth > maxDepth {
		return d.errorAt(n, both("%s: the configuration is too large or nested too deeply", "%s：配置太大或嵌套太深"), path)
	}
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		return d.errorAt(n, both("%s: YAML anchors and aliases are not supported; write the value out", "%s：不支持 YAML 锚点和别名，请直接写出值"), path)
	}
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return nil // a key without a value keeps its default
	}
	switch {
	case v.Type() == secretType, v.Type() == durationType, v.Kind() != reflect.Struct && v.Kind() != reflect.Slice:
		if n.Kind != yaml.ScalarNode {
			return d.errorAt(n, both("%s: got %s, want %s", "%s：现值为%s，应为%s"), path, kindName(n), wantName(v.Type()))
		}
		if err := setScalar(v, n.Value); err != nil {
			return within(d.at(n), within(path, err))
		}
	case v.Kind() == reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			return d.errorAt(n, both("%s: got %s, want a list", "%s：现值为%s，应为列表"), path, kindName(n))
		}
		list := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
		for i, item := range n.Content {
			if s, ok := list.Index(i).Addr().Interface().(*Schedule); ok {
				*s = scheduleDefault()
			}
			if item.Kind == yaml.ScalarNode && item.Tag == "!!null" {
				return d.errorAt(item, both("%s[%d]: got nothing, want %s", "%s[%d]：没有值，应为%s"), path, i, wantName(v.Type().Elem()))
			}
			if err := d.value(item, list.Index(i), fmt.Sprintf("%s[%d]", path, i), depth+1); err != nil {
				return err
			}
		}
		v.Set(list)
	default:
		return d.object(n, v, path, depth)
	}
	d.origins[path] = d.at(n)
	return nil
}

func (d *decoder) object(n *yaml.Node, v reflect.Value, path string, depth int) error {
	if n.Kind != yaml.MappingNode {
		if path == "" {
			return d.errorAt(n, both("got %s, want keys and values, such as `listen: 127.0.0.1:8080`", "内容是%s，应为键值，例如 `listen: 127.0.0.1:8080`"), kindName(n))
		}
		return d.errorAt(n, both("%s: got %s, want keys and values", "%s：现值为%s，应为键值"), path, kindName(n))
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			return d.errorAt(key, both("got %s as a key, want a name", "键是%s，应为名字"), kindName(key))
		}
		full := join(path, key.Value)
		if line, dup := seen[key.Value]; dup {
			return d.errorAt(key, both("%s: the key stands twice, first in line %d", "%s：键重复，第一次在第 %d 行"), full, line)
		}
		seen[key.Value] = key.Line
		field, ok := fieldByKey(v, key.Value)
		if !ok {
			return d.errorAt(key, both("unknown key %q%s", "未知的键 %q%s"), full, didYouMean(key.Value, path, v.Type()))
		}
		if err := d.value(val, field, full, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// setScalar sets v from text as it stands in a file or a variable.
func setScalar(v reflect.Value, text string) error {
	switch {
	case v.Type() == secretType:
		v.Set(reflect.ValueOf(adapters.NewSecret(text)))
	case v.Type() == durationType:
		dur, err := ParseDuration(text)
		if err != nil {
			return err
		}
		v.SetInt(int64(dur))
	case v.Kind() == reflect.String:
		v.SetString(text)
	case v.Kind() == reflect.Bool:
		b, err := strconv.ParseBool(strings.ToLower(text))
		if err != nil {
			return both("got %q, want true or false", "%q 无效，应为 true 或 false").Err(text)
		}
		v.SetBool(b)
	case v.Kind() == reflect.Int:
		i, err := strconv.Atoi(strings.ReplaceAll(text, "_", ""))
		if err != nil {
			return both("got %q, want a whole number", "%q 无效，应为整数").Err(text)
		}
		v.SetInt(int64(i))
	case v.Kind() == reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || f != f || f > 1e15 || f < -1e15 {
			return both("got %q, want a number", "%q 无效，应为数字").Err(text)
		}
		v.SetFloat(f)
	default:
		return both("settings of type %v cannot be read", "无法读取类型为 %v 的配置项").Err(v.Type())
	}
	return nil
}

// ParseDuration reads Go's form and whole days ("30d"); a bare 0 is allowed.
func ParseDuration(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		if err == nil && n >= 0 && n <= 36500 {
			return time.Duration(n) * day, nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil {
		return d, nil
	}
	return 0, both("got %q, want a duration such as 30s, 5m, 12h or 30d", "%q 无效，应为时长，例如 30s、5m、12h、30d").Err(text)
}

// text decodes a setting from a variable's or a flag's text: plain lists are
// comma-separated, lists of objects are JSON.
func (d *decoder) text(text string, v reflect.Value, path string) error {
	if v.Kind() != reflect.Slice {
		if err := setScalar(v, text); err != nil {
			return within(d.name, within(path, err))
		}
		d.origins[path] = d.name
		return nil
	}
	if v.Type().Elem().Kind() == reflect.String {
		list := []string{}
		for item := range strings.SplitSeq(text, ",") {
			if item = strings.TrimSpace(item); item != "" {
				list = append(list, item)
			}
		}
		v.Set(reflect.ValueOf(list))
		d.origins[path] = d.name
		return nil
	}
	node, err := parseJSON(text)
	if err != nil {
		return both("%s: %s: want a JSON list of objects: %v", "%s：%s：应为对象的 JSON 列表：%v").Err(d.name, path, err)
	}
	return d.value(node, v, path, 1)
}

// parseJSON turns JSON into the nodes that YAML has.
func parseJSON(text string) (*yaml.Node, error) {
	if len(text) > maxFile {
		return nil, both("got %d bytes, want at most %d", "有 %d 字节，最多 %d 字节").Err(len(text), maxFile)
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	n, err := jsonNode(dec, 0)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, both("got more after the list", "列表之后还有内容").Err()
	}
	return n, nil
}

func jsonNode(dec *json.Decoder, depth int) (*yaml.Node, error) {
	if depth > maxDepth {
		return nil, both("nested too deeply", "嵌套太深").Err()
	}
	tok, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch t := tok.(type) {
	case json.Delim:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		if t == '{' {
			n.Kind = yaml.MappingNode
		}
		for dec.More() { // an object's keys come as string tokens
			c, err := jsonNode(dec, depth+1)
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, c)
		}
		_, err := dec.Token()
		return n, err
	case string:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: t}, nil
	case json.Number:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!float", Value: t.String()}, nil
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(t)}, nil
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"}, nil
}

func kindName(n *yaml.Node) adapters.Text {
	switch n.Kind {
	case yaml.MappingNode:
		return both("keys and values", "键值")
	case yaml.SequenceNode:
		return both("a list", "列表")
	case yaml.AliasNode:
		return both("an alias", "别名")
	}
	return both("a plain value", "单个值")
}

func wantName(t reflect.Type) adapters.Text {
	switch {
	case t == durationType:
		return both("a duration", "时长")
	case t.Kind() == reflect.Bool:
		return both("true or false", " true 或 false")
	case t.Kind() == reflect.Int, t.Kind() == reflect.Float64:
		return both("a number", "数字")
	case t.Kind() == reflect.Struct && t != secretType:
		return both("keys and values", "键值")
	}
	return both("text", "文本")
}
