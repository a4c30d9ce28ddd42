package main

import (
	"errors"
	"fmt"
	"strconv"

	"postern/internal/access"
	"postern/internal/account"
	"postern/internal/admin"
)

type userCommand struct {
	Add      userAdd      `cmd:"" help:"Add an account; the password is asked for, or read from standard input."`
	List     userList     `cmd:"" help:"List the accounts."`
	Password userPassword `cmd:"" help:"Set an account's password and end its sessions."`
	Role     userRole     `cmd:"" help:"Give an account another role."`
	Cameras  userCameras  `cmd:"" help:"Restrict an account to some cameras, or let it see all again."`
	Disable  userDisable  `cmd:"" help:"Disable an account and end its sessions."`
	Enable   userEnable   `cmd:"" help:"Enable an account again."`
	Remove   userRemove   `cmd:"" help:"Remove an account and end its sessions."`
}

type userAdd struct {
	folderFlags `embed:""`
	Name        string   `arg:"" help:"The account's name: A-Z a-z 0-9 . _ - + @."`
	Role        string   `required:"" enum:"viewer,operator,administrator" placeholder:"ROLE" help:"viewer, operator or administrator."`
	Camera      []string `sep:"none" placeholder:"CAMERA" help:"Restrict it to this camera; repeat it for several."`
	Generate    bool     `help:"Make a password and print it once."`
}

// Run adds the account.
func (c *userAdd) Run(p process) error {
	password, err := newPassword(p, c.Name, c.Generate)
	if err != nil {
		return err
	}
	err = c.change(p, fmt.Sprintf("Added %s as %s.", c.Name, c.Role), func(client *admin.Client) error {
		return client.AddAccount(p.ctx, access.NewAccount{Name: c.Name, Role: account.Role(c.Role), Cameras: c.Camera, Password: password})
	})
	return showGenerated(p, c.Generate, password, err)
}

// showGenerated prints a password that was made, once it holds.
func showGenerated(p process, generated bool, password access.Secret, err error) error {
	if err == nil && generated {
		_, err = fmt.Fprintln(p.stdout, "The password, shown this once:", password.Reveal())
	}
	return err
}

type userList struct {
	folderFlags `embed:""`
}

// Run lists the accounts.
func (c *userList) Run(p process) error {
	return c.with(p, func(client *admin.Client) error {
		accounts, err := client.Accounts(p.ctx)
		if err != nil {
			return err
		}
		rows := [][]string{{"NAME", "ROLE", "CAMERAS", "STATE", "SESSIONS", "SIGNED IN", "PASSWORD SET"}}
		for _, a := range accounts {
			state := "enabled"
			if a.Disabled() {
				state = "disabled"
			}
			rows = append(rows, []string{a.Name, string(a.Role), cameraWords(a.Cameras), state, strconv.Itoa(a.Sessions),
				moment(a.SignedInAt, "never"), moment(a.PasswordAt, "")})
		}
		return table(p, rows)
	})
}

type userPassword struct {
	folderFlags `embed:""`
	Name        string `arg:"" help:"The account's name."`
	Generate    bool   `help:"Make a password and print it once."`
}

// Run sets the password.
func (c *userPassword) Run(p process) error {
	password, err := newPassword(p, c.Name, c.Generate)
	if err != nil {
		return err
	}
	err = c.change(p, "The password is set, and the account's sessions have ended.", func(client *admin.Client) error {
		return client.SetPassword(p.ctx, c.Name, password)
	})
	return showGenerated(p, c.Generate, password, err)
}

type userRole struct {
	folderFlags `embed:""`
	Name        string `arg:"" help:"The account's name."`
	Role        string `arg:"" enum:"viewer,operator,administrator" help:"viewer, operator or administrator."`
}

// Run gives the account its role.
func (c *userRole) Run(p process) error {
	return c.change(p, fmt.Sprintf("%s is now %s.", c.Name, c.Role), func(client *admin.Client) error {
		return client.SetRole(p.ctx, c.Name, account.Role(c.Role))
	})
}

type userCameras struct {
	folderFlags `embed:""`
	Name        string   `arg:"" help:"The account's name."`
	Camera      []string `sep:"none" placeholder:"CAMERA" help:"A camera that it may see; repeat it for several."`
	All         bool     `help:"Let it see all cameras."`
}

// Run restricts the account.
func (c *userCameras) Run(p process) error {
	if c.All == (len(c.Camera) > 0) {
		return usageError{errors.New("name the cameras with --camera, or give --all")}
	}
	return c.change(p, fmt.Sprintf("%s now sees these cameras: %s.", c.Name, cameraWords(account.CamerasOf(c.Camera))),
		func(client *admin.Client) error {
			return client.SetCameras(p.ctx, c.Name, c.Camera)
		})
}

type userDisable struct {
	folderFlags `embed:""`
	Name        string `arg:"" help:"The account's name."`
}

// Run disables the account.
func (c *userDisable) Run(p process) error {
	return c.change(p, c.Name+" is disabled, and its sessions have ended.", func(client *admin.Client) error {
		return client.SetDisabled(p.ctx, c.Name, true)
	})
}

type userEnable struct {
	folderFlags `embed:""`
	Name        string `arg:"" help:"The account's name."`
}

// Run enables the account.
func (c *userEnable) Run(p process) error {
	return c.change(p, c.Name+" is enabled.", func(client *admin.Client) error {
		return client.SetDisabled(p.ctx, c.Name, false)
	})
}

type userRemove struct {
	folderFlags `embed:""`
	Name        string `arg:"" help:"The account's name."`
}

// Run removes the account.
func (c *userRemove) Run(p process) error {
	return c.change(p, c.Name+" is removed, and its sessions have ended.", func(client *admin.Client) error {
		return client.RemoveAccount(p.ctx, c.Name)
	})
}
