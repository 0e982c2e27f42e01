// The gallery as a component. `wall.js` is put in front of this file.

export default mounted((parent) => new FetchedWall(parent));

class FetchedWall extends Wall {
  // Long columns are fetched first; of two requests at once, the later one counts.
  show(data) {
    this.asked = data.columns_at;
    if (!data.columns_at) { super.show(data); return; }
    column(data.columns_at, (answer) => answer.json()).then((columns) => {
      if (this.asked === data.columns_at && !this.closed) super.show({ ...data, ...columns });
    }).catch(() => this.component.setTriggerValue("lost", Date.now())); // the server was started again meanwhile
  }

  close() {
    this.closed = true;
    super.close();
  }
}
