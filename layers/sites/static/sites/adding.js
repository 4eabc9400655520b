// The task "site" of the room "data": a new service site, its place pressed on the map (?room=data&task=site).
import { addSite } from "./form.js";

/** begin() shows the form, end() leaves. */
export class Adding {
  constructor(app) {
    this.app = app;
  }

  begin() {
    const away = () => this.app.state.set({ task: null });
    this.form = addSite(this.app, { done: (site) => this.app.go("map", { site: site.id }, { stay: true }), away });
  }

  end() {
    this.form?.leave();
  }
}
