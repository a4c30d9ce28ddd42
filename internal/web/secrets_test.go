package web

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"postern/internal/delivery"
	"postern/internal/web/api"
	"postern/internal/web/respond"
	"postern/internal/webhook"
)

func TestTheAnswerSaysHowASecretIsUsed(t *testing.T) {
	t.Parallel()
	s := startService(t)
	for secret, key := range map[string]delivery.KeyForm{
		"whsec_your_signing_secret":              delivery.KeyRaw,
		"a text of my own":                       delivery.KeyRaw,
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw": delivery.KeyBase64,
		"":                                       "",
	} {
		var hook, again api.Webhook
		s.post(apiPath+"/events/webhooks", fmt.Sprintf(`{"url":"https://example.com/","event_types":["*"],"secret":%q}`, secret)).want(200).into(
			&hook)
		s.get(apiPath + "/events/webhooks/" + hook.ID).want(200).into(&again)
		for _, h := range []api.Webhook{hook, again} {
			if h.SigningKey != key || (h.SigningNote != "") != (key == delivery.KeyRaw) || h.Signed != (key != "") ||
				len(h.SignedWith) != map[bool]int{true: 1}[h.Signed] {
				t.Errorf("of %q it says %+v", secret, h)
			}
			if key == delivery.KeyRaw && (!strings.Contains(h.SigningNote, "raw text") || !strings.Contains(h.SigningNote, "NewWebhookRaw")) {
				t.Errorf("of %q it says %q", secret, h.SigningNote)
			}
		}
	}
	var hook api.Webhook
	s.post(apiPath+"/events/webhooks", `{"url":"https://example.com/","event_types":["*"]}`).want(200).into(&hook)
	path := apiPath + "/events/webhooks/" + hook.ID
	for _, secret := range []string{"whsec_AA==", "        ", "whsec_", "whsec_your_signing_secret ",
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAA", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", "short"} {
		body := fmt.Sprintf(`{"url":"https://example.com/","event_types":["*"],"secret":%q}`, secret)
		for _, p := range []respond.Problem{
			s.post(apiPath+"/events/webhooks", body).problem(400),
			s.do("PATCH", path, fmt.Sprintf(`{"secret":%q}`, secret)).problem(400),
			s.post(path+"/rotate", fmt.Sprintf(`{"secret":%q}`, secret)).problem(400),
		} {
			if len(p.Errors) != 1 || p.Errors[0].Field != "secret" {
				t.Errorf("%q is refused with %+v", secret, p)
			}
		}
	}
}

func TestRotationsInsideAnOverlapAreListedAndBounded(t *testing.T) {
	t.Parallel()
	s, k := startService(t), startSink(t)
	path := s.hookFor(k, "")
	var hook api.Webhook
	for i := range webhook.MaxSecrets - 1 {
		hook.SignedWith = nil
		s.post(path+"/rotate", fmt.Sprintf(`{"overlap_hours":%d}`, 30-i)).want(200).into(&hook)
		if len(hook.SignedWith) != i+2 || hook.SignedWith[0].Until != "" || hook.SignedWith[i+1].Until != hook.OverlapUntil {
			t.Fatalf("after %d rotations: %+v", i+1, hook)
		}
		if hint := hook.SignedWith[0].Hint; !strings.HasPrefix(hint, "whsec_…") ||
			!strings.HasSuffix(hook.Secret, strings.TrimPrefix(hint, "whsec_…")) {
			t.Errorf("the hint of %s is %s", hook.Secret, hint)
		}
	}
	if p := s.post(path+"/rotate", "").problem(409); !strings.Contains(p.Detail, "The next one stops signing at "+hook.SignedWith[1].Until) {
		t.Errorf("one more is refused with %q, and the next ends at %s", p.Detail, hook.SignedWith[1].Until)
	}
	s.post(apiPath+"/events", oneEvent).want(202)
	if n := len(strings.Fields(k.wait(t, 1)[0].Get("webhook-signature"))); n != webhook.MaxSecrets {
		t.Errorf("%d signatures", n)
	}
	// One is ended, by its id.
	one := hook.SignedWith[3].ID
	s.post(path+"/end-overlap", `{"secret_id":"`+one+`"}`).want(200).into(&hook)
	if len(hook.SignedWith) != webhook.MaxSecrets-1 || strings.Contains(fmt.Sprint(hook.SignedWith), one) {
		t.Errorf("after the end of %s: %+v", one, hook.SignedWith)
	}
	s.post(path+"/end-overlap", `{"secret_id":"`+one+`"}`).problem(404)
	s.post(path+"/end-overlap", `{"secret_id":"`+hook.SignedWith[0].ID+`"}`).problem(404)
	s.post(path+"/end-overlap", `{"secret_id":""}`).problem(400)
	s.post(path+"/end-overlap", `{"secret":"x"}`).problem(400)
	hook = api.Webhook{}
	s.post(path+"/end-overlap", "{}").want(200).into(&hook)
	if len(hook.SignedWith) != 1 || hook.OverlapUntil != "" {
		t.Errorf("after the end of all: %+v", hook)
	}
}

var secretID = regexp.MustCompile(`name="secret_id" value="(sec_[0-9a-f]{12})"`)

// The page asks for a second confirmation before a rotation inside an overlap,
// and describes that rotation.
func TestThePageAsksBeforeAnotherRotation(t *testing.T) {
	t.Parallel()
	s, k := startService(t), startSink(t)
	page := s.pageFor(k, "")
	form := func(signing int) url.Values {
		return url.Values{"overlap_hours": {"24"}, "signing": {strconv.Itoa(signing)}}
	}
	s.page(page).says("Rotate the secret…", `name="signing" value="1"`).saysNot("Rotate again")
	s.done(page+"/rotate", form(1)).says("The previous one signs too until")
	s.page(page).says("2 secrets sign", "Rotate again?", "Then 3 secrets sign", `name="signing" value="2"`)
	// A second press, or an old page, gets the question again and rotates
	// nothing.
	a := s.submit(page+"/rotate", form(1)).want(http.StatusConflict).says("The secret was rotated meanwhile: 2 secrets sign now",
		`id="confirm-rotate" open`, `name="signing" value="2"`)
	if made := madeSecret.Find(a.body); made != nil {
		t.Errorf("the secret %s was made", made)
	}
	s.done(page+"/rotate", form(2)).says("3 secrets sign")
	for n := 3; n < webhook.MaxSecrets; n++ {
		s.done(page+"/rotate", form(n))
	}
	s.submit(page+"/rotate", form(webhook.MaxSecrets)).want(http.StatusConflict).says("The next one stops signing at",
		"end an older secret first")

	// One is ended, then all.
	ids := secretID.FindAllSubmatch(s.page(page).body, -1)
	if len(ids) != webhook.MaxSecrets-1 {
		t.Fatalf("%d older secrets are offered", len(ids))
	}
	one := string(ids[2][1])
	s.done(page+"/end-overlap", url.Values{"secret_id": {one}}).says("The older secret no longer signs", "7 secrets sign").saysNot(one)
	s.submit(page+"/end-overlap", url.Values{"secret_id": {one}}).want(http.StatusNotFound)
	s.done(page+"/end-overlap", url.Values{"secret_id": {""}}).says("Only the newest secret signs").saysNot("secrets sign each")
}
