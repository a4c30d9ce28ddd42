package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"postern/internal/access"
	"postern/internal/admin"
)

type keyCommand struct {
	Add    keyAdd    `cmd:"" help:"Make a key and print it once."`
	List   keyList   `cmd:"" help:"List the keys."`
	Revoke keyRevoke `cmd:"" help:"Revoke a key and close its connections at once."`
}

type keyAdd struct {
	folderFlags `embed:""`
	Name        string   `arg:"" help:"The key's name: A-Z a-z 0-9 . _ - + @."`
	Scope       []string `required:"" placeholder:"SCOPE" help:"ingest, read, snapshots, manage or monitor; repeat it or separate them by commas."`
	Camera      []string `sep:"none" placeholder:"CAMERA" help:"Restrict it to this camera; repeat it for several."`
	Producer    string   `placeholder:"NAME" help:"The producer of the events that it posts. Give a key that replaces another one the same producer, so that events sent again stay duplicates (the key's own name)."`
	Site        string   `placeholder:"NAME" help:"Bind it to the site of another Postern, whose webhook then posts its events here."`
	Expires     *days    `placeholder:"TIME" help:"Expire after this time, such as 90d or 12h (never)."`
}

// Run makes the key. Nothing else is written to standard output, so that a script
// can read the key there.
func (c *keyAdd) Run(p process) error {
	scopes, err := access.ParseScopes(c.Scope)
	if err != nil {
		return usageError{fmt.Errorf("--scope: %w", err)}
	}
	k := access.NewKey{Name: c.Name, Scopes: scopes, Cameras: c.Camera, Producer: c.Producer, Site: c.Site}
	if c.Expires != nil {
		if *c.Expires <= 0 {
			return usageError{fmt.Errorf("--expires %s is over already; leave it out for a key that doesn't expire", c.Expires)}
		}
		k.ExpiresAt = time.Now().Add(time.Duration(*c.Expires))
	}
	var key access.Secret
	err = c.with(p, func(client *admin.Client) (err error) {
		key, err = client.AddKey(p.ctx, k)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(p.stderr, "This key is shown this once. Send it as: Authorization: Bearer KEY")
	_, err = fmt.Fprintln(p.stdout, key.Reveal())
	return err
}

type keyList struct {
	folderFlags `embed:""`
}

// Run lists the keys.
func (c *keyList) Run(p process) error {
	return c.with(p, func(client *admin.Client) error {
		keys, err := client.Keys(p.ctx)
		if err != nil {
			return err
		}
		rows := [][]string{{"NAME", "KEY", "SCOPES", "CAMERAS", "PRODUCER", "SITE", "EXPIRES", "LAST USED"}}
		for _, k := range keys {
			expires := moment(k.ExpiresAt, "never")
			if k.Expired(time.Now()) {
				expires += " (expired)"
			}
			scopes := make([]string, len(k.Scopes))
			for i, scope := range k.Scopes {
				scopes[i] = string(scope)
			}
			rows = append(rows, []string{k.Name, k.Hint + "…", strings.Join(scopes, ","), cameraWords(k.Cameras), k.Producer, cmp.Or(k.Site, "-"),
				expires, moment(k.UsedAt, "never")})
		}
		return table(p, rows)
	})
}

type keyRevoke struct {
	folderFlags `embed:""`
	Name        string `arg:"" help:"The key's name."`
}

// Run revokes the key.
func (c *keyRevoke) Run(p process) error {
	return c.change(p, "The key "+c.Name+" is revoked.", func(client *admin.Client) error {
		return client.RevokeKey(p.ctx, c.Name)
	})
}
