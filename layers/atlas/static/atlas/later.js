// Rooms that are fetched when somebody first enters them.

/** A room of which only the rail's part is here: ready() fetches the rest, once. */
export function later(head, load) {
  const room = { ...head, loaded: false };
  let coming = null;
  room.ready = () => {
    coming ||= load().then((fetched) => Object.assign(room, fetched.room, head, { loaded: true }), (cause) => {
      coming = null; // try again next time
      throw cause;
    });
    return coming;
  };
  return room;
}
