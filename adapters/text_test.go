package adapters_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"cairn/adapters"
)

type marked struct{ error }

func (m marked) Unwrap() error { return m.error }

func TestTexts(t *testing.T) {
	t.Parallel()
	disk := adapters.Both("the disk", "磁盘")
	full := adapters.Both("%s is full: %v", "%s 已满：%v").Err(disk, fs.ErrPermission)
	for _, tc := range []struct {
		got, want string
	}{
		{disk.In("en"), "the disk"},
		{disk.In("zh"), "磁盘"},
		{disk.In(""), "the disk"},
		{adapters.Both("%d of %d", "共 %[2]d，第 %[1]d").With(1, 2).In("zh"), "共 2，第 1"},
		{adapters.Both("%d of %d", "共 %[2]d，第 %[1]d").With(1, 2).In("en", 3, 4), "3 of 4"},
		{adapters.Both("100%", "百分之百").In("en"), "100%"},
		{full.Error(), "the disk is full: permission denied"},
		{adapters.Explain("zh", full), "磁盘 已满：permission denied"},
		{adapters.Explain("zh", adapters.Both("stop: %v", "停止：%v").Err(full)), "停止：磁盘 已满：permission denied"},
		{adapters.Explain("zh", errors.Join(full, disk.Err())), "磁盘 已满：permission denied\n磁盘"},
		{adapters.Explain("zh", marked{full}), "磁盘 已满：permission denied"},
		{adapters.Explain("zh", fmt.Errorf("open: %w", full)), "open: the disk is full: permission denied"},
		{adapters.Explain("zh", fmt.Errorf("%w, %w", disk.Err(), full)), "the disk, the disk is full: permission denied"},
		{adapters.Explain("zh", fs.ErrExist), "file already exists"},
	} {
		if tc.got != tc.want {
			t.Errorf("got %q, want %q", tc.got, tc.want)
		}
	}
	if !errors.Is(full, fs.ErrPermission) || !errors.Is(errors.Join(full), fs.ErrPermission) {
		t.Error("an error among the arguments is not wrapped")
	}
}
