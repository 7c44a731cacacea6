package ground

import (
	"testing"

	"cairn/retrieval/glossary"
)

// Minimum holds back names and figures that the evidence does not have in any
// script or spelling, and leaves what a judge can tell.
func TestMinimum(t *testing.T) {
	t.Parallel()
	c := New(glossary.Default())
	const en = "At 12:30 the backend of mysqld closes the connection after 60 d, or 30 when idle; internal CAs are kept. See SQL_THREAD, pay-gw-1, port 8080 and 10 workers."
	const zh = "12:30 之后后端 60 天关一次连接，探测间隔 10，主库是 db-1，内部 CA 另存。"
	for _, tc := range []struct {
		evidence, sentence string
		want               Reason
	}{
		{en, "The backend closes idle connections after 30 days.", ReasonNone},
		{en, "The backend closes the connection after 60 days.", ReasonNone},
		{en, "The backend closes the connection a minute after that.", ReasonNone},
		{en, "The two backends close the connection.", ReasonNone},
		{en, "The MySQL backend closes the connection.", ReasonNone},
		{en, "The SQL thread of the backend closes the connection.", ReasonNone},
		{en, "The backend closes the two-phase connection.", ReasonNone},
		{en, "The backend closes the connection after 90 days.", ReasonNumber},
		{en, "The backend closes the connection after ninety minutes.", ReasonNumber},
		{en, "The backend closes the connection after ⁹⁰ minutes.", ReasonNumber},
		{en, "The backend closes the connection after ⑨ days.", ReasonNumber},
		{en, "The backend closes the connection after ٩٠ days.", ReasonNumber},
		{en, "The backend closes the connection of 10k workers.", ReasonNumber},
		{en, "The backend closes the connection of 10 million workers.", ReasonNumber},
		{en, "The backend closes the connection of ten thousand workers.", ReasonNumber},
		{en, "The backend closes a hundred connections.", ReasonNumber},
		{en, "The backend closes dozens of connections.", ReasonNumber},
		{en, "The backend closes the connection of 10 bn workers.", ReasonNumber},
		{en, "The backend closes the connection of 10b workers.", ReasonNumber},
		{zh, "后端会关数百个连接。", ReasonNumber},
		{zh, "后端会关一零零个连接。", ReasonNumber},
		{zh, "后端会关贰拾个连接。", ReasonNumber},
		{zh, "后端会关 10余万个连接。", ReasonNumber},
		{zh, "后端万一关了连接，千万不要慌。", ReasonNone},
		{en, "At 12:45 the backend closes the connection.", ReasonNumber},
		{en, "The backend on pay-gw-2 closes the connection.", ReasonLiteral},
		{en, "The backend closes the connection with -f.", ReasonLiteral},
		{en, "The backend closes the connection of Kafka.", ReasonLiteral},
		{en, "Nobody in the building could say where the umbrella stand had gone.", ReasonCoverage},
		{zh, "后端 60 天会关一次连接。", ReasonNone},
		{zh, "后端 10 秒探测一次。", ReasonNone},
		{zh, "后端两天内会关连接。", ReasonNone},
		{zh, "后端九十分钟后会关连接。", ReasonNumber},
		{zh, "后端 10 万秒探测一次。", ReasonNumber},
		{zh, "12:45 之后后端会关连接。", ReasonNumber},
		{zh, "主库 db-2 会关连接。", ReasonLiteral},
	} {
		if v := c.Minimum(tc.sentence, []Evidence{{Text: tc.evidence}}); v.Reason != tc.want || v.Grounded {
			t.Errorf("%q: got %q (%s), want %q", tc.sentence, v.Reason, v.Detail, tc.want)
		}
	}
	if v := c.Minimum("The backend closes.", nil); v.Reason != ReasonCoverage {
		t.Errorf("no evidence: %+v", v)
	}
}
