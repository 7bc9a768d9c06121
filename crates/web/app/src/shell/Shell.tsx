import { AppShell, Box, Burger, Group, Loader, ScrollArea, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { ModalsProvider } from "@mantine/modals";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { Suspense, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { LiveProvider, useConnected } from "../api/live";
import { type Session, SessionProvider, useSessionQuery } from "../api/session";
import { Failed } from "../components/states";
import { Account } from "./Account";
import { Navigation } from "./Navigation";
import classes from "./Shell.module.css";
import { SignIn } from "./SignIn";

/** What surrounds every page: who is signed in, where one may go, and whether the server is there. */
export function Shell() {
  const session = useSessionQuery();
  // Who was signed in keeps the page below the dialog, with everything typed into it.
  const [last, setLast] = useState<Session | null>(null);
  useEffect(() => {
    if (session.data) setLast(session.data);
  }, [session.data]);
  if (session.isPending)
    return (
      <Centred>
        <Loader />
      </Centred>
    );
  if (session.isError)
    return (
      <Centred>
        <Failed error={session.error} retry={() => void session.refetch()} />
      </Centred>
    );
  if (!session.data && !last) return <SignIn />;
  const known = session.data ?? last;
  if (!known) return null;
  return (
    <SessionProvider session={known}>
      {session.data ? (
        <LiveProvider>
          {/* Inside the session: what is asked in a dialogue may depend on rights. */}
          <ModalsProvider>
            <Frame />
          </ModalsProvider>
        </LiveProvider>
      ) : (
        <SignIn ended={known.user.username} />
      )}
    </SessionProvider>
  );
}

function Centred({ children }: { children: React.ReactNode }) {
  return <Box className={classes.centred}>{children}</Box>;
}

function Frame() {
  const { t } = useTranslation();
  const [opened, menu] = useDisclosure(false);
  const path = useRouterState({ select: (state) => state.location.pathname });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a chosen page closes the menu of a phone.
  useEffect(() => menu.close(), [path]);
  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 232, breakpoint: "sm", collapsed: { mobile: !opened } }}
      padding="md"
    >
      <a className="skip-link" href="#main">
        {t("app.skip")}
      </a>
      <AppShell.Header className={classes.header}>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="xs" wrap="nowrap">
            <Burger
              opened={opened}
              onClick={menu.toggle}
              hiddenFrom="sm"
              size="sm"
              color="white"
              aria-label={t("app.menu")}
            />
            <Link to="/" className={classes.brand}>
              <img src="/icon.svg" alt="" width={28} height={28} />
              <Text fw={700} size="lg" c="white">
                {t("app.name")}
              </Text>
            </Link>
            <Text size="sm" c="white" visibleFrom="md" opacity={0.85}>
              {t("app.tagline")}
            </Text>
          </Group>
          <Account />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar aria-label={t("app.menu")}>
        <ScrollArea type="auto">
          <Navigation />
        </ScrollArea>
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1}>
        <Connection />
        <Suspense
          fallback={
            <Centred>
              <Loader />
            </Centred>
          }
        >
          <Outlet />
        </Suspense>
      </AppShell.Main>
    </AppShell>
  );
}

function Connection() {
  const { t } = useTranslation();
  const connected = useConnected();
  return (
    <div role="status" aria-live="polite">
      {!connected && <div className={classes.lost}>{t("connection.lost")}</div>}
    </div>
  );
}
