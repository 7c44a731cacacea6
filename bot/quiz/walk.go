package quiz

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"cairn/adapters"
	"cairn/bot/prose"
	"cairn/bot/store"
)

// actionDone finishes a unit; its value is path key.unit id.
const actionDone = "path-done"

func pathKey(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:6])
}

func (s *Service) pathCommand(ctx context.Context, ev adapters.Event, lang string) (m adapters.Message, err error) {
	defer func() { m.Private = true }()
	w := whoIs(ev)
	d := s.deck(w.viewer)
	verb, rest, _ := strings.Cut(strings.TrimSpace(ev.Text), " ")
	rest = strings.TrimSpace(rest)
	switch strings.ToLower(verb) {
	case "start":
		p, ok := findPath(d.paths, rest, lang)
		if !ok {
			return say(lang, textPathUnknown.in(lang)), nil
		}
		if err := s.store.StartPath(ctx, w.adapter, w.user, p.ID, s.opts.Now()); err != nil {
			return m, err
		}
		m, err = s.unit(ctx, w, p)
		m.Notes = append(m.Notes, textPathTip.in(lang))
		return m, err
	case "next", "done", "leave":
		p, err := s.current(ctx, w, d, rest)
		if errors.Is(err, store.ErrNotFound) {
			return say(lang, textPathNotOn.in(lang)), nil
		}
		if err != nil {
			return m, err
		}
		switch strings.ToLower(verb) {
		case "leave":
			return say(lang, textPathLeft.in(lang, inert(p.Title))), s.store.LeavePath(ctx, w.adapter, w.user, p.ID)
		case "done":
			progress, err := s.store.Progress(ctx, w.adapter, w.user, p.ID)
			if err != nil {
				return m, err
			}
			if u, _, _, ok := p.nextUnit(progress); ok {
				return s.finish(ctx, w, p, u.ID)
			}
		}
		return s.unit(ctx, w, p)
	}
	return pathList(d.paths, lang), nil
}

func pathList(paths []Path, lang string) adapters.Message {
	if len(paths) == 0 {
		return say(lang, textPathNone.in(lang))
	}
	lines := []string{textPathList.in(lang)}
	// Those in the person's language first; one that shares its name with such
	// a one is its translation.
	mine := map[string]bool{}
	for _, p := range paths {
		if p.Lang == lang {
			mine[p.Name] = true
		}
	}
	list := slices.Clone(paths)
	slices.SortStableFunc(list, func(a, b Path) int {
		switch {
		case (a.Lang == lang) == (b.Lang == lang):
			return 0
		case a.Lang == lang:
			return -1
		}
		return 1
	})
	list = slices.DeleteFunc(list, func(p Path) bool { return p.Lang != lang && mine[p.Name] })
	for _, p := range list[:min(len(list), 20)] {
		name := p.ID
		if p.Lang == lang && countNamed(list, p.Name) == 1 {
			name = p.Name
		}
		lines = append(lines, textPathEntry.in(lang, name, inert(p.Title), p.Units(), len(p.Stages)))
	}
	return say(lang, strings.Join(lines, "\n"))
}

func countNamed(paths []Path, name string) (n int) {
	for _, p := range paths {
		if p.Name == name {
			n++
		}
	}
	return n
}

// findPath finds a path by its name, else by the beginning of its name or a
// part of its title that only one has; the only path there is needs no name. Of
// paths that share a name the one in the person's language is meant.
func findPath(paths []Path, name, lang string) (Path, bool) {
	name = strings.ToLower(strings.Trim(name, "`\" "))
	for _, fits := range []func(Path) bool{
		func(p Path) bool { return p.Name == name && p.Lang == lang },
		func(p Path) bool { return p.ID == name },
		func(p Path) bool { return strings.HasPrefix(p.Name, name) },
		func(p Path) bool { return strings.Contains(strings.ToLower(p.Title), name) },
	} {
		var found, mine []Path
		for _, p := range paths {
			if fits(p) {
				if found = append(found, p); p.Lang == lang {
					mine = append(mine, p)
				}
			}
		}
		if len(found) == 1 {
			return found[0], true
		}
		if len(mine) == 1 {
			return mine[0], true
		}
	}
	return Path{}, false
}

// current is the named path or the one the person worked on last.
func (s *Service) current(ctx context.Context, w who, d *deck, name string) (Path, error) {
	list, err := s.store.ListProgress(ctx, w.adapter, w.user)
	if err != nil {
		return Path{}, err
	}
	for _, progress := range list {
		for _, p := range d.paths {
			if p.ID == progress.Path && (name == "" || strings.EqualFold(name, p.ID) || strings.EqualFold(name, p.Name)) {
				return p, nil
			}
		}
	}
	return Path{}, store.ErrNotFound
}

// nextUnit returns the first unit that is not done, its stage's place and its
// own number from 1.
func (p Path) nextUnit(progress store.PathProgress) (u Unit, stage, number int, ok bool) {
	for i, st := range p.Stages {
		for _, u := range st.Units {
			number++
			if _, done := progress.Done[u.ID]; !done {
				return u, i, number, true
			}
		}
	}
	return Unit{}, 0, 0, false
}

// done counts the path's units that are done; units that the document has
// dropped do not count.
func (p Path) done(progress store.PathProgress) (n int) {
	for _, st := range p.Stages {
		for _, u := range st.Units {
			if _, ok := progress.Done[u.ID]; ok {
				n++
			}
		}
	}
	return n
}

// unit shows the person's next unit.
func (s *Service) unit(ctx context.Context, w who, p Path) (adapters.Message, error) {
	progress, err := s.store.Progress(ctx, w.adapter, w.user, p.ID)
	if err != nil {
		return adapters.Message{}, err
	}
	u, stage, number, ok := p.nextUnit(progress)
	if !ok {
		m := say(p.Lang, textPathFinished.in(p.Lang, inert(p.Title)))
		m.Buttons = []adapters.Button{nextButton(p.Lang)}
		return m, nil
	}
	st := p.Stages[stage]
	m := adapters.Message{Lang: p.Lang, Title: p.Title, Lead: textPathUnit.in(p.Lang, inert(p.Title), number, p.Units(), inert(st.Title))}
	cite := adapters.Citation{N: 1, Label: prose.Label(p.Document, u.StartLine, u.EndLine), Heading: st.Heading}
	if s.opts.Link != nil {
		cite.URL = s.opts.Link(p.Library, p.Document, u.StartLine, u.EndLine)
	}
	m.Quotes = []adapters.Quote{{Text: u.Title, Citation: 1}}
	if u.URL != "" {
		m.Quotes[0].Links = []adapters.Link{{Title: u.Title, URL: u.URL}}
	}
	m.Citations = []adapters.Citation{cite}
	s.addDocument(&m, w, p, u)
	m.Buttons = []adapters.Button{{ID: actionDone, Value: pathKey(p.ID) + "." + u.ID, Label: textPathDone.in(p.Lang), Style: "primary"}}
	m.Text = m.Lead + "\n" + u.Title
	if u.URL != "" {
		m.Text += "\n" + u.URL
	}
	return m, nil
}

// addDocument adds what the library's own document says its subject is, and the
// way to it.
func (s *Service) addDocument(m *adapters.Message, w who, p Path, u Unit) {
	if u.Document == "" {
		return
	}
	card, ok := s.deck(w.viewer).says[docRef{p.Library, u.Document}]
	cite := adapters.Citation{N: 2, Label: u.Document}
	start, end := 1, 1
	if ok {
		start, end = card.StartLine, card.EndLine
		cite.Label, cite.Heading = prose.Label(u.Document, start, end), card.Heading
		m.Quotes = append(m.Quotes, adapters.Quote{Text: card.Answer, Citation: 2})
	}
	if s.opts.Link != nil {
		cite.URL = s.opts.Link(p.Library, u.Document, start, end)
	}
	if cite.URL != "" {
		m.Quotes[0].Links = []adapters.Link{{Title: u.Title, URL: cite.URL}}
	} else {
		m.Notes = append(m.Notes, textPathRead.in(p.Lang, inert(u.Document)))
	}
	m.Citations = append(m.Citations, cite)
}

// finish marks a unit as done and shows the next; at the end of a stage it
// offers the stage's quiz.
func (s *Service) finish(ctx context.Context, w who, p Path, unitID string) (adapters.Message, error) {
	if err := s.store.FinishUnit(ctx, w.adapter, w.user, p.ID, unitID, s.opts.Now()); err != nil {
		return adapters.Message{}, err
	}
	if err := s.streak(ctx, w, s.opts.Now()); err != nil {
		return adapters.Message{}, err
	}
	m, err := s.unit(ctx, w, p)
	if err != nil {
		return m, err
	}
	progress, err := s.store.Progress(ctx, w.adapter, w.user, p.ID)
	if err != nil {
		return m, err
	}
	for _, st := range p.Stages {
		had, all := false, true
		for _, u := range st.Units {
			_, done := progress.Done[u.ID]
			had, all = had || u.ID == unitID, all && done
		}
		if had && all {
			note := textStageDone.in(p.Lang, inert(st.Title))
			m.Lead, m.Text = note+"\n"+m.Lead, note+"\n"+m.Text
			b := adapters.Button{ID: actionQuiz, Label: textStageQuiz.in(p.Lang)}
			d := s.deck(w.viewer)
			topic := stageTopic(p, st)
			if slices.ContainsFunc(d.cards, func(c Card) bool { return d.about(c, []string{topic}) }) {
				b.Value = topic
			}
			m.Buttons = append([]adapters.Button{b}, m.Buttons...)
		}
	}
	return m, nil
}

// pathAct handles the button under a unit.
func (s *Service) pathAct(ctx context.Context, ev adapters.Event, lang string) (m adapters.Message, err error) {
	defer func() { m.Private = true }()
	w := whoIs(ev)
	key, unit, _ := strings.Cut(ev.Action.Value, ".")
	for _, p := range s.deck(w.viewer).paths {
		if pathKey(p.ID) != key {
			continue
		}
		m, err = s.finish(ctx, w, p, unit)
		if errors.Is(err, store.ErrNotFound) {
			return say(lang, textPathNotOn.in(lang)), nil
		}
		return m, err
	}
	return say(lang, textPathUnknown.in(lang)), nil
}

// PathMessage is what a subscriber to a path gets: the next unit; false when
// there is none left or the path is gone.
func (s *Service) PathMessage(ctx context.Context, v adapters.Viewer, pathID string) (unit string, m adapters.Message, ok bool, err error) {
	w := who{v.Adapter, v.User, v}
	for _, p := range s.deck(v).paths {
		if p.ID != pathID {
			continue
		}
		progress, err := s.store.Progress(ctx, w.adapter, w.user, p.ID)
		if errors.Is(err, store.ErrNotFound) {
			return "", m, false, nil
		}
		if err != nil {
			return "", m, false, err
		}
		u, _, _, left := p.nextUnit(progress)
		if !left {
			return "", m, false, nil
		}
		m, err = s.unit(ctx, w, p)
		return u.ID, m, err == nil, err
	}
	return "", m, false, nil
}
