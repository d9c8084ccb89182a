import { lazy, type ReactNode, Suspense } from "react";
import { Redirect, Route, Router, Switch } from "wouter";
import { ErrorBoundary } from "./components/ErrorBoundary";
import { LoadingPage } from "./components/LoadingPage";
import { Toaster } from "./components/ui/Toaster";
import { TooltipProvider } from "./components/ui/Tooltip";
import { useAuthDialog } from "./hooks/useAuthDialog";
import { useLatch } from "./hooks/useLatch";
import { useSession } from "./hooks/useSession";
import { BASE } from "./lib/base";
import { roomCodeFrom } from "./lib/roomCode";
import { NotFoundPage } from "./pages/NotFoundPage";

const AuthDialogs = lazy(() => import("./components/auth/AuthDialogs").then((m) => ({ default: m.AuthDialogs })));
const AdminPage = lazy(() => import("./pages/AdminPage").then((m) => ({ default: m.AdminPage })));
const ConnectionTestPage = lazy(() =>
  import("./pages/ConnectionTestPage").then((m) => ({ default: m.ConnectionTestPage })),
);
const LandingPage = lazy(() => import("./pages/LandingPage").then((m) => ({ default: m.LandingPage })));
const LobbyPage = lazy(() => import("./pages/LobbyPage").then((m) => ({ default: m.LobbyPage })));
const ProfilePage = lazy(() => import("./pages/ProfilePage").then((m) => ({ default: m.ProfilePage })));
const ResetPage = lazy(() => import("./pages/ResetPage").then((m) => ({ default: m.ResetPage })));
const RoomPage = lazy(() => import("./pages/RoomPage").then((m) => ({ default: m.RoomPage })));
const VerifyPage = lazy(() => import("./pages/VerifyPage").then((m) => ({ default: m.VerifyPage })));

export function App() {
  return (
    <Frame>
      <Switch>
        <Route path="/">
          <Home />
        </Route>
        <Route path="/r/*">{({ "*": address }) => <Room address={address} />}</Route>
        <Route path="/admin">
          <AdminPage />
        </Route>
        <Route path="/connection-test">
          <ConnectionTestPage />
        </Route>
        <Route path="/profile">
          <ProfilePage />
        </Route>
        <Route path="/verify">
          <VerifyPage />
        </Route>
        <Route path="/reset">
          <ResetPage />
        </Route>
        <Route>
          <NotFoundPage />
        </Route>
      </Switch>
    </Frame>
  );
}

/** A room's address as it was copied, perhaps with what stood around it; it is put right. */
function Room({ address }: { address: string }) {
  const code = roomCodeFrom(address) ?? address;
  if (code === "" || code.includes("/")) return <NotFoundPage />;
  if (code === address) return <RoomPage key={code} code={code} />;
  return <Redirect to={`/r/${code}${location.search}${location.hash}`} replace />;
}

/** The same address for everybody: what is there depends on who comes. */
function Home() {
  const { status, user } = useSession();
  if (user !== null) return <LobbyPage user={user} />;
  return status === "unknown" ? <LoadingPage /> : <LandingPage />;
}

/** What every page stands in. */
function Frame({ children }: { children: ReactNode }) {
  return (
    <Router base={BASE}>
      <TooltipProvider delayDuration={500}>
        <ErrorBoundary>
          <Suspense fallback={<LoadingPage />}>{children}</Suspense>
        </ErrorBoundary>
        <AuthOnDemand />
        <Toaster />
      </TooltipProvider>
    </Router>
  );
}

/** The dialogs to log in, loaded when one is wanted for the first time. */
function AuthOnDemand() {
  const { view } = useAuthDialog();
  const wanted = useLatch(view !== null);
  return wanted ? (
    <ErrorBoundary instead={() => null}>
      <Suspense>
        <AuthDialogs />
      </Suspense>
    </ErrorBoundary>
  ) : null;
}
