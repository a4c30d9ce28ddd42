package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"postern/internal/access"
	"postern/internal/admin"
	"postern/internal/cameras"
	"postern/internal/connection"
	"postern/internal/escalation"
	"postern/internal/event"
	"postern/internal/hub"
	"postern/internal/memory"
	"postern/internal/shift"
	"postern/internal/store"
	"postern/internal/trace"
	"postern/internal/web"
	"postern/internal/webhook"
	"postern/internal/webhook/egress"
)

type serveCommand struct {
	serveFlags `embed:""`
	Data       string `default:"./data" env:"POSTERN_DATA" placeholder:"FOLDER" help:"The data folder, made if need be (${default})."`
}

// Run serves until the process is told to stop.
func (c *serveCommand) Run(p process) error {
	c.data = c.Data
	if err := c.check(); err != nil {
		return err
	}
	log, err := c.logger(p.stderr)
	if err != nil {
		return err
	}
	return serve(p.ctx, c.serveFlags, log, func(net.Addr) {})
}

// serve runs the whole service until ctx ends and calls listening once it
// answers. It stops from the outside in: no more requests, no more events,
// the workers settle, and the store closes last.
func serve(ctx context.Context, f serveFlags, log *slog.Logger, listening func(net.Addr)) (err error) {
	hangups := hangups()
	if err := keepMemoryPrivate(); err != nil {
		return err
	}
	key, err := keyFromEnvironment()
	if err != nil {
		return err
	}
	retainTypes, err := f.retainTypes()
	if err != nil {
		return usageError{err}
	}
	listeners, err := f.listen()
	if err != nil {
		return err
	}
	defer closeAll(listeners)
	reload := reloading{logFile: f.logFile, log: log}
	scheme := "http"
	if f.TLSCert != "" {
		if reload.certificate, err = openCertificate(f.TLSCert, f.TLSKey, log); err != nil {
			return err
		}
		for i, ln := range listeners {
			listeners[i] = reload.certificate.secure(ln)
		}
		scheme = "https"
	} else if !f.loopback && len(f.TrustedProxy) == 0 {
		log.Warn("events, passwords and keys cross the network unencrypted; give --tls-cert and --tls-key, " +
			"or put a proxy in front and name it with --trusted-proxy")
	}
	started := time.Now()
	plan := memory.PlanFor(memory.Limit())
	plan.Apply()
	connections := connection.Plan(connection.OpenFiles(), plan.Connections, f.MaxConnections, f.MaxConnectionsPerClient)
	if connections.Total < f.MaxConnections {
		log.Warn("fewer connections are served than --max-connections says: too few files may be open",
			slog.Int("connections", connections.Total), slog.Uint64("open_files_limit", connection.OpenFiles()))
	}
	j, err := store.Open(ctx, f.data, store.Options{
		Retain: time.Duration(f.Retain), RetainTypes: retainTypes, RetainAttempts: time.Duration(f.RetainAttempts),
		RetainSnapshots: time.Duration(f.RetainSnapshots), RetainSnapshotBytes: int64(f.RetainSnapshotBytes),
		RetainBytes: int64(f.RetainBytes), Key: key, Logger: log,
		PageBytes: plan.Page, ReadBytes: plan.Read,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	rights, err := access.New(ctx, j, access.Options{Logger: log})
	if err != nil {
		return err
	}
	if !f.open() && !rights.HasAdministrator() {
		return fmt.Errorf("postern serve on %s asks for accounts and keys, and there is no administrator yet; "+
			"make one with: postern user add NAME --role administrator --data %s", f.Listen, f.data)
	}
	tracer, err := trace.Start(ctx, version, log)
	if err != nil {
		return err
	}
	defer tracer.Stop()
	events, err := hub.New(ctx, j, hub.Options{History: f.History, HistoryBytes: plan.Ring, PageBytes: plan.Page,
		ReadBytes: plan.Read, Tracer: tracer})
	if err != nil {
		return err
	}
	webhooks, err := webhook.New(ctx, j, events, webhook.Options{
		Egress: egress.Policy{AllowHTTP: f.AllowHTTP, AllowTargets: prefixes(f.AllowTarget), DenyHosts: f.DenyHost,
			Ports: f.TargetPorts, Proxy: f.proxy},
		PublicURL: f.PublicURL, Version: version, Logger: log, Tracer: tracer,
	})
	if err != nil {
		return err
	}
	known, err := cameras.New(ctx, j, events, cameras.Options{Logger: log})
	if err != nil {
		return err
	}
	shifts, err := shift.Parse(f.Shifts)
	if err != nil { // check has read them
		return err
	}
	server := web.New(events, webhooks, j, known, web.Options{
		Version: version, Logger: log, Access: rights, Open: f.open(), Proxies: prefixes(f.TrustedProxy),
		Connections: connections, Tracer: tracer, Shifts: shifts,
		Bodies: memory.NewBudget(plan.Bodies), Answers: memory.NewBudget(plan.Answers),
	})

	commands, err := admin.Listen(admin.Services{Store: j, Access: rights}, version, log)
	if err != nil { // such as on a file system without sockets
		log.Error("commands such as postern user don't work while this Postern runs", slog.Any("error", err))
	}

	// The parts behind the server stop after it, so that requests in flight
	// find everything as it was.
	behind, stopBehind := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBehind()
	running, ctx := errgroup.WithContext(ctx)
	running.Go(func() error { return webhooks.Run(behind) })
	running.Go(func() error { return known.Run(behind) })
	running.Go(func() error {
		return escalation.New(j, events, escalation.After{
			event.Alert: f.EscalateAlert, event.Attention: f.EscalateAttention, event.Fault: f.EscalateFault,
		}, log).Run(behind)
	})
	running.Go(func() error { return j.Run(behind) })
	running.Go(func() error { return rights.Run(behind) })
	running.Go(func() error { return j.Erasure.Run(behind) })
	if commands != nil {
		running.Go(func() error { return commands.Run(behind) })
	}
	running.Go(func() error {
		defer stopBehind()
		defer events.Close()
		return server.Serve(ctx, listeners...)
	})
	running.Go(func() error { return reload.Run(ctx, hangups) })
	at := listeners[0].Addr()
	serving := []any{slog.String("url", scheme+"://"+at.String())}
	if len(listeners) > 1 {
		also := make([]string, len(listeners)-1)
		for i, ln := range listeners[1:] {
			also[i] = scheme + "://" + ln.Addr().String()
		}
		serving = append(serving, slog.String("also", strings.Join(also, " ")))
	}
	log.Info("postern is serving", append(serving, slog.String("data", f.data),
		slog.String("version", version), slog.Int64("head_seq", j.Head()),
		slog.Float64("start_ms", float64(time.Since(started).Microseconds())/1000))...)
	context.AfterFunc(ctx, func() { log.Info("postern is stopping: requests and deliveries in flight may finish") })
	listening(at)
	err = running.Wait()
	log.Info("postern has stopped", slog.Int64("head_seq", j.Head()))
	return err
}
