// The gallery. Streamlit calls the default export again whenever the data changes, with the same parent element: the
// state kept per element is what makes nothing jump. What `wall.js` defines stands above this file.

const walls = new WeakMap();

export default function (component) {
  const { parentElement, data } = component;
  let wall = walls.get(parentElement);
  if (!wall) {
    wall = new Wall(parentElement);
    walls.set(parentElement, wall);
  }
  wall.component = component;
  wall.asked = data.columns_at;
  if (!data.columns_at) wall.show(data);
  else {
    column(data.columns_at, (answer) => answer.json()).then((columns) => {
      if (wall.asked === data.columns_at && walls.get(parentElement) === wall) wall.show({ ...data, ...columns });
    }).catch(() => component.setTriggerValue("lost", Date.now())); // the server was started again meanwhile
  }
  return () => { wall.close(); walls.delete(parentElement); };
}
