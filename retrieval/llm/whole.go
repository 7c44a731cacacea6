package llm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// wholeAnswer is a completion that was not streamed.
type wholeAnswer struct {
	Choices []struct {
		Message struct {
			Content   *string         `json:"content"`
			ToolCalls json.RawMessage `json:"tool_calls,omitempty"`
		} `json:"message"`
		FinishReason string `json:"finish_reason"`
	} `json:"choices"`
	Usage json.RawMessage `json:"usage,omitempty"`
}

// asStream turns the answer of a server that does not stream into the stream
// of one piece that it would have been.
func asStream(resp *http.Response) (*http.Response, error) {
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	var whole wholeAnswer
	if err := json.Unmarshal(raw, &whole); err != nil || len(whole.Choices) == 0 {
		return nil, &Error{Reason: ReasonFormat, Err: errors.New("the answer is no completion")}
	}
	var b bytes.Buffer
	send := func(v any) {
		line, _ := json.Marshal(v) // of maps and valid raw JSON
		fmt.Fprintf(&b, "data: %s\n\n", line)
	}
	first := whole.Choices[0]
	delta := map[string]any{"content": first.Message.Content}
	if len(first.Message.ToolCalls) > 0 {
		delta["tool_calls"] = first.Message.ToolCalls
	}
	choice := map[string]any{"index": 0, "delta": delta}
	if first.FinishReason != "" {
		choice["finish_reason"] = first.FinishReason
	} else {
		choice["finish_reason"] = "stop" // the answer is whole
	}
	send(map[string]any{"choices": []any{choice}})
	if len(whole.Usage) > 0 && string(whole.Usage) != "null" {
		send(map[string]any{"choices": []any{}, "usage": whole.Usage})
	}
	b.WriteString("data: [DONE]\n\n")
	resp.Body = io.NopCloser(&b)
	resp.ContentLength = int64(b.Len())
	resp.Header.Set("Content-Type", "text/event-stream")
	return resp, nil
}
