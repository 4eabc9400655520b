// One person or one organisation: their posts, who belongs to it, the sign-in, and what an administrator may do.
import { ago, button, date, empty, field, h, nameOf, row, section, setFieldErrors, t, tag } from "../gis/dom.js";
import { request, uuid } from "../gis/request.js";
import { holderField } from "./roster_forms.js";
import { postName } from "./roster_list.js";

function lasts(post) {
  return post.until ? t("%(from)s to %(until)s", { from: date(post.since), until: date(post.until) }) : t("since %(day)s", { day: date(post.since) });
}

function postRow(app, post, acts, { past = false } = {}) {
  const buttons = acts.edit && !past ? h("p", { class: "ways" },
    button(t("Hand over…"), () => acts.show(showHandOver(app, post, acts)), { kind: "link" }), " · ",
    button(t("End…"), () => acts.show(showEnd(app, post, acts)), { kind: "link" })) : null;
  return h("div", { class: "post" }, h("p", null, h("b", null, postName(post)), " ", past ? tag(t("ended"), "grey") : null, h("br"),
    h("span", { class: "sub" }, [post.role_name, post.area, post.by ? t("through %(body)s", { body: post.by }) : "", lasts(post)].filter(Boolean).join(" · "))), buttons);
}

/** Show one person. */
export async function showPerson(app, id, acts) {
  const [data, , error] = await request("GET", `/api/roster/persons/${id}`);
  if (app.state.get("person") !== id) return;
  if (error) {
    app.panel.show({ title: t("Roster"), onClose: () => app.state.set({ person: null }) });
    app.panel.problem(error);
    return;
  }
  const now = Date.now();
  const [present, past] = [data.posts.filter((post) => !post.until || new Date(post.until) > now), data.posts.filter((post) => post.until && new Date(post.until) <= now)];
  app.panel.show({
    title: nameOf(data),
    subtitle: t("On the roster"),
    body: [
      section(t("Posts"), present.length ? present.map((post) => postRow(app, post, acts)) : empty(t("Holds no post now."))),
      acts.edit ? section(t("Sign-in"), signIn(app, data, acts)) : null,
      past.length ? section(t("Before"), past.map((post) => postRow(app, post, acts, { past: true }))) : null,
    ],
    onClose: () => app.state.set({ person: null }),
  });
}

function signIn(app, person, acts) {
  const { account } = person;
  if (!person.may_manage) return h("p", { class: "sub" }, t("The sign-in is looked after by whoever may fill all of their posts."));
  if (!account) return [h("p", null, t("Has no sign-in yet.")), button(t("Give a sign-in…"), () => acts.show(showSignIn(app, person, acts)))];
  const path = `/api/roster/persons/${person.id}/sign-in`;
  const renew = async () => told(app, person, acts, await request("POST", `${path}/renew`, { body: {} }));
  const close = async () => {
    const [, , error] = await request("POST", `${path}/close`, { body: {} });
    if (error) app.panel.problem(error);
    else { app.toast(t("The account is closed; every session of it has ended.")); acts.back(); }
  };
  return [
    row(t("User name"), account.username),
    row(t("State"), account.active ? (account.waiting ? tag(t("waits for the first sign-in"), "amber") : tag(t("in use"), "green")) : tag(t("account closed"), "red")),
    row(t("Last sign-in"), account.last ? ago(account.last) : t("never")),
    h("p", { class: "ways" }, button(t("New one-time password"), renew), " ", account.active ? button(t("Close the account"), close, { kind: "danger" }) : null),
  ];
}

// The one-time password, shown this once.
function told(app, person, acts, [data, response, error]) {
  if (error) return error;
  app.panel.show({
    title: nameOf(person),
    subtitle: t("One-time password"),
    body: [h("section", { class: "said" },
      row(t("User name"), data.username), row(t("One-time password"), h("code", { class: "one-time", id: "one-time" }, response.headers.get("One-Time-Password"))),
      h("p", { class: "sub" }, t("Hand it over now: it is shown this once and kept nowhere. It must be replaced at the first sign-in, and ends on %(day)s.", { day: date(data.until) })))],
    foot: [button(t("Done"), () => acts.back(), { kind: "primary wide" })],
    onClose: () => acts.back(),
  });
  return null;
}

function showSignIn(app, person, acts) {
  const key = uuid();
  const name = h("input", { name: "username", autocomplete: "off", autocapitalize: "none", spellcheck: "false", maxlength: 150 });
  return ask(app, {
    title: t("Give %(name)s a sign-in", { name: nameOf(person) }), words: t("They get a one-time password and choose their own when they first sign in."),
    fields: [field(t("User name"), name, { hint: t("Letters, digits and @ . + - _") })], label: t("Make the account"), acts,
    async send() { return told(app, person, acts, await request("POST", `/api/roster/persons/${person.id}/sign-in`, { key, body: { username: name.value } })); },
  });
}

function showHandOver(app, post, acts) {
  const holder = holderField();
  const [id, key] = [uuid(), uuid()];
  return ask(app, {
    title: t("Hand over: %(post)s", { post: postName(post) }), words: t("The present holder's appointment ends, and the new one begins, in the same moment."),
    fields: [holder.node], label: t("Hand over"), acts,
    async send() {
      const [, , error] = await request("POST", `/api/roster/appointments/${post.id}/hand-over`, { key, body: { id, holder: holder.value() } });
      if (!error) app.toast(t("Handed over."));
      return error || (acts.changed(), null);
    },
  });
}

function showEnd(app, post, acts) {
  const key = uuid();
  const day = h("input", { type: "date", name: "until", min: new Date().toISOString().slice(0, 10) });
  const reason = h("input", { name: "reason", maxlength: 200 });
  return ask(app, {
    title: t("End: %(post)s", { post: postName(post) }), words: t("Their rights end with it. What they did stays theirs; the post is shown as vacant until somebody follows."),
    fields: [field(t("From which day on (empty: now)"), day), field(t("Why"), reason)], label: t("End the appointment"), acts,
    async send() {
      const [, , error] = await request("POST", `/api/roster/appointments/${post.id}/end`, { key, body: { until: day.value, reason: reason.value } });
      if (!error) app.toast(t("The appointment has an end."));
      return error || (acts.changed(), null);
    },
  });
}

// A short form in the panel: one primary action, errors beside their fields; Esc goes back.
function ask(app, { title, words, fields, label, acts, send }) {
  const form = h("form", {
    novalidate: true,
    onsubmit: async (event) => {
      event.preventDefault();
      const error = await send();
      setFieldErrors(form, error?.fields);
      app.panel.problem(error);
    },
  }, words ? h("p", { class: "sub" }, words) : null, fields);
  app.panel.show({
    title, body: [h("section", null, form)], onClose: () => acts.back(),
    foot: [button(label, () => form.requestSubmit(), { kind: "primary wide" })],
  });
  form.querySelector("input, select")?.focus();
  return {};
}

/** Show one organisation. */
export async function showBody(app, id, acts) {
  const [data, , error] = await request("GET", `/api/roster/organisations/${id}`);
  if (app.state.get("body") !== id) return;
  if (error) {
    app.panel.show({ title: t("Roster"), onClose: () => app.state.set({ body: null }) });
    app.panel.problem(error);
    return;
  }
  const edit = acts.edit && data.may_edit;
  const leave = async (member) => {
    const [, , problem] = await request("POST", `/api/roster/memberships/${member.id}/end`, { body: {} });
    if (problem) app.panel.problem(problem);
    else acts.back();
  };
  app.panel.show({
    title: nameOf(data),
    subtitle: data.kind,
    body: [
      section(t("Posts"), data.posts.length ? data.posts.map((post) => postRow(app, post, { ...acts, edit })) : empty(t("Holds no post now."))),
      section(t("Members: they work under its posts"), data.members.length ? data.members.map((member) => row(
        button(nameOf(member), () => app.state.set({ person: member.person, body: null }), { kind: "link" }), edit ? button(t("Leaves"), () => leave(member), { kind: "quiet" }) : date(member.since),
      )) : empty(t("Nobody belongs to it yet, so nobody works under its posts."))),
    ],
    foot: edit ? [button(t("Add a member…"), () => acts.show(showMember(app, data, acts)), { kind: "primary wide" })] : [],
    onClose: () => app.state.set({ body: null }),
  });
}

function showMember(app, body, acts) {
  const holder = holderField({ bodies: false });
  const [id, key] = [uuid(), uuid()];
  return ask(app, {
    title: t("A member of %(body)s", { body: nameOf(body) }), words: "", fields: [holder.node], label: t("Add"), acts,
    async send() {
      const [, , error] = await request("POST", `/api/roster/organisations/${body.id}/members`, { key, body: { id, holder: holder.value() } });
      return error || (acts.back(), null);
    },
  });
}
