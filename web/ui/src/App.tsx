import { Route, Switch } from "wouter";
import { Home } from "./pages/Home";
import { Message } from "./pages/Message";
import { RoomPage } from "./pages/RoomPage";

export function App() {
  return (
    <Switch>
      <Route path="/">
        <Home />
      </Route>
      <Route path="/r/:code">{({ code }) => <RoomPage key={code} code={code} />}</Route>
      <Route>
        <Message title="There is no such page" text="The address leads nowhere." />
      </Route>
    </Switch>
  );
}
