// SPDX-FileCopyrightText: 2026 The gosling authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"
)

func self(sig syscall.Signal) { syscall.Kill(syscall.Getpid(), sig) }

// text is the message of an error, or "nil".
func text(err error) string {
	if err == nil {
		return "nil"
	}
	return err.Error()
}

func init() {
	one, two := errors.New("one"), errors.New("two")
	add("errors", func() {
		say(text(one), one == errors.New("one"), errors.Is(one, one), errors.Is(one, two))
		say(errors.Is(nil, nil), errors.Is(one, nil), errors.Is(nil, one))
		wrapped := fmt.Errorf("around: %w", one)
		say(text(wrapped), errors.Is(wrapped, one), errors.Is(wrapped, two), wrapped == one)
		say(text(errors.Unwrap(wrapped)), text(errors.Unwrap(one)), text(errors.Unwrap(nil)))
	})
	add("errors-join", func() {
		say(text(errors.Join()), text(errors.Join(nil, nil)))
		joined := errors.Join(one, nil, two)
		say(text(joined))
		say(errors.Is(joined, one), errors.Is(joined, two), text(errors.Unwrap(joined)))
		say(text(errors.Join(joined, fmt.Errorf("three: %w", one))))
		say(errors.Is(fmt.Errorf("around: %w", joined), two))
	})
	add("errors-errno", func() {
		say(text(syscall.ENOENT), text(syscall.EAGAIN), errors.Is(syscall.ENOENT, syscall.ENOENT))
	})

	background := context.Background()
	add("context-texts", func() {
		say(text(context.Canceled), text(context.DeadlineExceeded))
		ctx, cancel := context.WithTimeout(background, 1)
		defer cancel()
		<-ctx.Done()
		var timeout interface{ Timeout() bool }
		say(text(ctx.Err()), text(context.Cause(ctx)), errors.As(ctx.Err(), &timeout) && timeout.Timeout())
		say(errors.As(context.Canceled, &timeout) && timeout.Timeout())
	})
	add("context-strings", func() {
		say(background, context.TODO())
		ctx, cancel := context.WithCancel(background)
		defer cancel()
		say(ctx)
		say(context.WithoutCancel(ctx))
		say(context.WithValue(ctx, "key", "value"))
		say(context.WithValue(ctx, 1, false))
	})
	add("context-cancel", func() {
		parent, cancel := context.WithCancel(background)
		child, cancelChild := context.WithCancel(parent)
		grandchild := context.WithValue(child, "key", 1)
		other, cancelOther := context.WithCancel(parent)
		say(text(parent.Err()), text(grandchild.Err()), background.Done() == nil)
		cancelOther()
		say(text(other.Err()), text(parent.Err()), text(child.Err()))
		cancel()
		cancel()
		say(text(parent.Err()), text(child.Err()), text(grandchild.Err()))
		_, ok := <-grandchild.Done()
		say(ok, grandchild.Value("key"), grandchild.Value("other"))
		cancelChild()
	})
	add("context-cause", func() {
		parent, cancel := context.WithCancelCause(background)
		child, cancelChild := context.WithCancelCause(parent)
		say(text(context.Cause(child)))
		cancelChild(one)
		cancelChild(two)
		say(text(context.Cause(child)), text(child.Err()), text(context.Cause(parent)))
		cancel(two)
		say(text(context.Cause(child)), text(context.Cause(parent)), text(parent.Err()))
		say(text(context.Cause(context.WithoutCancel(parent))), text(context.WithoutCancel(parent).Err()))
		ctx, cancelNil := context.WithCancelCause(background)
		cancelNil(nil)
		say(text(context.Cause(ctx)))
		late, cancelLate := context.WithTimeoutCause(background, 1, one)
		defer cancelLate()
		<-late.Done()
		say(text(context.Cause(late)), text(late.Err()))
	})
	add("context-deadline", func() {
		_, ok := background.Deadline()
		outer, cancel := context.WithTimeout(background, time.Hour)
		inner, cancelInner := context.WithTimeout(outer, 2*time.Hour)
		a, _ := outer.Deadline()
		b, _ := inner.Deadline()
		say(ok, a == b)
		past, cancelPast := context.WithTimeout(background, -1)
		say(text(past.Err()), text(context.Cause(past)))
		cancelPast()
		say(text(past.Err()))
		cancel()
		say(text(inner.Err()))
		cancelInner()
	})
	add("context-after-func", func() {
		ctx, cancel := context.WithCancel(background)
		done := make(chan bool)
		stop := context.AfterFunc(ctx, func() { done <- true })
		stopped := context.AfterFunc(ctx, func() { say("never") })
		say(stopped(), stopped())
		cancel()
		say(<-done, stop())
		context.AfterFunc(ctx, func() { done <- true })
		say(<-done)
	})
	add("notify-context", func() {
		ctx, stop := signal.NotifyContext(background, syscall.SIGUSR1)
		say(ctx)
		self(syscall.SIGUSR1)
		<-ctx.Done()
		say(text(ctx.Err()), text(context.Cause(ctx)), errors.Is(context.Cause(ctx), context.Canceled))
		stop()
		say(text(context.Cause(ctx)))
	})
	add("notify-context-stop", func() {
		ctx, stop := signal.NotifyContext(background, syscall.SIGUSR1, syscall.SIGUSR2)
		say(ctx)
		stop()
		say(text(ctx.Err()), text(context.Cause(ctx)), errors.Is(context.Cause(ctx), context.Canceled))
	})
	add("notify-context-parent", func() {
		parent, cancel := context.WithCancelCause(background)
		ctx, stop := signal.NotifyContext(parent, os.Interrupt)
		defer stop()
		cancel(one)
		<-ctx.Done()
		say(text(ctx.Err()), text(context.Cause(ctx)))
	})

	add("signal-strings", func() {
		for i := range 66 {
			say(i, syscall.Signal(i).String())
		}
	})
	add("signal-notify", func() {
		c := make(chan os.Signal, 2)
		signal.Notify(c, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGTERM, syscall.SIGQUIT)
		for _, sig := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGTERM, syscall.SIGQUIT, syscall.SIGUSR2} {
			self(sig)
			say(<-c)
		}
		say(len(c))
	})
	add("signal-all", func() {
		c := make(chan os.Signal, 1)
		signal.Notify(c)
		for _, sig := range []syscall.Signal{syscall.SIGHUP, syscall.SIGWINCH, syscall.SIGCHLD, syscall.Signal(40)} {
			self(sig)
			for got := range c {
				if got != syscall.SIGURG { // the runtime's own
					say(got)
					break
				}
			}
		}
	})
	add("signal-dropped", func() {
		c, all := make(chan os.Signal, 1), make(chan os.Signal, 2)
		signal.Notify(c, syscall.SIGUSR1, syscall.SIGUSR2)
		signal.Notify(all, syscall.SIGUSR1, syscall.SIGUSR2)
		self(syscall.SIGUSR1)
		say(<-all)
		self(syscall.SIGUSR2)
		say(<-all)
		say(<-c, len(c))
	})
	add("signal-stop", func() {
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGTERM)
		self(syscall.SIGTERM)
		say(<-c)
		signal.Stop(c)
		self(syscall.SIGTERM)
		time.Sleep(time.Hour)
	})
	add("signal-reset", func() {
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGHUP)
		signal.Reset(syscall.SIGHUP)
		self(syscall.SIGHUP)
		time.Sleep(time.Hour)
	})
	add("signal-ignore", func() {
		say(signal.Ignored(syscall.SIGTERM))
		signal.Ignore(syscall.SIGTERM)
		self(syscall.SIGTERM)
		settle()
		say(signal.Ignored(syscall.SIGTERM))
		signal.Reset(syscall.SIGTERM)
		say(signal.Ignored(syscall.SIGTERM))
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGTERM)
		say(signal.Ignored(syscall.SIGTERM))
		self(syscall.SIGTERM)
		say(<-c)
		signal.Stop(c)
		say(signal.Ignored(syscall.SIGTERM))
		signal.Ignore(syscall.SIGTERM)
		signal.Notify(c, syscall.SIGTERM)
		signal.Reset(syscall.SIGTERM)
		say(signal.Ignored(syscall.SIGTERM))
		self(syscall.SIGTERM)
		time.Sleep(time.Hour)
	})
	add("signal-ignored-by-parent", func() {
		say(signal.Ignored(syscall.SIGHUP))
		self(syscall.SIGHUP)
		settle()
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGHUP)
		self(syscall.SIGHUP)
		say(<-c)
		signal.Stop(c)
		say(signal.Ignored(syscall.SIGHUP))
		self(syscall.SIGHUP)
		settle()
		say("alive")
	})
	for _, fatal := range []struct {
		name string
		sig  syscall.Signal
	}{
		{"hup", syscall.SIGHUP}, {"int", syscall.SIGINT}, {"term", syscall.SIGTERM},
		{"abrt", syscall.SIGABRT}, {"usr1", syscall.SIGUSR1}, {"chld", syscall.SIGCHLD},
		{"winch", syscall.SIGWINCH}, {"segv", syscall.SIGSEGV}, {"alrm", syscall.SIGALRM},
	} {
		add("signal-default-"+fatal.name, func() {
			say("before")
			self(fatal.sig)
			settle()
			say("after")
		})
	}
	add("signal-pipe", func() {
		var ends [2]int
		syscall.Pipe(ends[:])
		syscall.Close(ends[0])
		_, err := syscall.Write(ends[1], []byte("x"))
		say(text(err))
	})

	add("set-max-threads", func() {
		say(debug.SetMaxThreads(50), debug.SetMaxThreads(10000))
	})
	// By GODEBUG: the lines are on standard error.
	for _, name := range []string{"schedtrace", "scheddetail"} {
		add(name, func() {
			go func() { <-make(chan int) }()
			time.Sleep(time.Second) // sysmon has its turn, whatever the load
		})
	}
}
