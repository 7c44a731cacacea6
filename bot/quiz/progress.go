package quiz

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"cairn/adapters"
	"cairn/bot/store"
)

// A Progress is one person's, for the page and the command.
type Progress struct {
	store.CardCounts
	Streak, Longest, Freezes int
	Zone                     string
	// Days are the last twelve weeks, oldest first, days without reviews too.
	Days  []store.DayCount
	Paths []PathStatus
	// OnBoard reports whether the person is on the leaderboard; Board is the
	// workspace's, of the last seven days.
	OnBoard bool
	Board   []store.Rank
}

// A PathStatus is how far somebody is on a path.
type PathStatus struct {
	ID, Title, Library, Document string
	Done, Units                  int
	// Next is the next unit, empty when all are done.
	Next Unit
	// Finished are the ids of the units that are done.
	Finished map[string]bool
}

// shownDays is how many days the chart shows.
const shownDays = 84

// Progress returns what the viewer's person has learned.
func (s *Service) Progress(ctx context.Context, v adapters.Viewer) (p Progress, err error) {
	now := s.opts.Now()
	if p.CardCounts, err = s.store.CountCards(ctx, v.Adapter, v.User, now); err != nil {
		return p, err
	}
	person, err := s.store.Person(ctx, v.Adapter, v.User)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return p, err
	}
	p.Longest, p.Freezes, p.OnBoard = person.Longest, person.Freezes, person.Leaderboard
	p.Zone = person.Zone
	if p.Zone == "" {
		p.Zone = s.opts.Zone
	}
	loc := s.zone(person.Zone)
	today := now.In(loc)
	p.Streak = alive(person, today.Format(time.DateOnly))
	y, m, d := today.Date()
	from := time.Date(y, m, d-shownDays+1, 0, 0, 0, 0, time.UTC)
	times, err := s.store.ReviewTimes(ctx, v.Adapter, v.User, from.AddDate(0, 0, -1))
	if err != nil {
		return p, err
	}
	count := map[string]int{}
	for _, t := range times {
		count[t.In(loc).Format(time.DateOnly)]++
	}
	for i := range shownDays {
		day := from.AddDate(0, 0, i).Format(time.DateOnly)
		p.Days = append(p.Days, store.DayCount{Day: day, Count: count[day]})
	}
	list, err := s.store.ListProgress(ctx, v.Adapter, v.User)
	if err != nil {
		return p, err
	}
	paths := s.deck(v).paths
	for _, progress := range list {
		for _, path := range paths {
			if path.ID == progress.Path {
				u, _, _, _ := path.nextUnit(progress)
				finished := make(map[string]bool, len(progress.Done))
				for id := range progress.Done {
					finished[id] = true
				}
				p.Paths = append(p.Paths, PathStatus{ID: path.ID, Title: path.Title, Library: path.Library, Document: path.Document,
					Done: path.done(progress), Units: path.Units(), Next: u, Finished: finished})
			}
		}
	}
	workspace := v.Workspace
	if workspace == "" {
		workspace = person.Workspace
	}
	p.Board, err = s.store.Leaderboard(ctx, v.Adapter, workspace, now.AddDate(0, 0, -7), 10)
	return p, err
}

// alive returns the streak as it stands today: one that the freezes no longer
// bridge is over.
func alive(p store.Person, day string) int {
	if p.LastDay == "" {
		return 0
	}
	before := p.Streak
	advance(&p, day)
	if p.Streak < before {
		return 0
	}
	return before
}

// PathsFor returns the learning paths that the viewer may see.
func (s *Service) PathsFor(v adapters.Viewer) []Path { return s.deck(v).paths }

// Kinds of web token.
const (
	tokenLink    = "link"
	tokenSession = "session"
)

// ErrNoSession says that a link or session is unknown, has expired or was
// revoked.
var ErrNoSession = errors.New("the link or session is not valid")

// NewLink returns the token of a new personal link for the viewer's person.
func (s *Service) NewLink(ctx context.Context, v adapters.Viewer) (string, error) {
	return s.token(ctx, tokenLink, v, s.opts.LinkFor)
}

// Enter turns a link's token into the token of a browser's session, or returns
// [ErrNoSession].
func (s *Service) Enter(ctx context.Context, link string) (session string, expires time.Time, err error) {
	v, err := s.viewer(ctx, tokenLink, link)
	if err != nil {
		return "", time.Time{}, err
	}
	expires = s.opts.Now().Add(s.opts.SessionFor)
	session, err = s.token(ctx, tokenSession, v, s.opts.SessionFor)
	return session, expires, err
}

// Session returns who a session belongs to, or [ErrNoSession].
func (s *Service) Session(ctx context.Context, session string) (adapters.Viewer, error) {
	return s.viewer(ctx, tokenSession, session)
}

// Revoke ends all links and sessions of the viewer's person.
func (s *Service) Revoke(ctx context.Context, v adapters.Viewer) error {
	_, err := s.store.RevokeWebTokens(ctx, v.Adapter, v.User)
	return err
}

func (s *Service) token(ctx context.Context, kind string, v adapters.Viewer, life time.Duration) (string, error) {
	var raw [20]byte
	rand.Read(raw[:]) // never fails
	token := strings.ToLower(base32.StdEncoding.EncodeToString(raw[:]))
	now := s.opts.Now().UTC()
	return token, s.store.SaveWebToken(ctx, store.WebToken{Hash: hashToken(token), Kind: kind, Adapter: v.Adapter,
		Workspace: v.Workspace, User: v.User, Created: now, Expires: now.Add(life)})
}

func (s *Service) viewer(ctx context.Context, kind, token string) (adapters.Viewer, error) {
	if len(token) != 32 {
		return adapters.Viewer{}, ErrNoSession
	}
	t, err := s.store.WebToken(ctx, kind, hashToken(token), s.opts.Now())
	if errors.Is(err, store.ErrNotFound) {
		return adapters.Viewer{}, ErrNoSession
	}
	return adapters.Viewer{Adapter: t.Adapter, Workspace: t.Workspace, User: t.User}, err
}

func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
