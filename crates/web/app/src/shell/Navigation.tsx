import { NavLink, type NavLinkProps, Text } from "@mantine/core";
import {
  IconActivityHeartbeat,
  IconBell,
  IconBroadcast,
  IconCalendarTime,
  IconDeviceCctv,
  IconFolder,
  IconListCheck,
  IconMap2,
  IconMessageReport,
  IconPlayerPlay,
  IconRuler2,
  IconSearch,
  IconSend,
  IconShieldCheck,
  IconUsers,
  type TablerIcon,
} from "@tabler/icons-react";
import { createLink, useRouterState } from "@tanstack/react-router";
import type { ComponentProps } from "react";
import { useTranslation } from "react-i18next";
import { type Action, useMay } from "../api/session";
import classes from "./Shell.module.css";

/** Mantine's entry of a menu, as an anchor that the router follows. */
const RouterLink = createLink((props: NavLinkProps & ComponentProps<"a">) => <NavLink {...props} />);

interface Entry {
  to: string;
  key: string;
  icon: TablerIcon;
  needs: Action;
}

/** All pages of the menu, by the person whose work they are. */
export const GROUPS = [
  {
    key: "duty",
    entries: [
      { to: "/queue", key: "queue", icon: IconListCheck, needs: "review" },
      { to: "/live", key: "live", icon: IconBroadcast, needs: "watch" },
      { to: "/shifts", key: "shifts", icon: IconCalendarTime, needs: "review" },
      { to: "/reports", key: "reports", icon: IconMessageReport, needs: "report" },
    ],
  },
  {
    key: "investigation",
    entries: [
      { to: "/search", key: "search", icon: IconSearch, needs: "review" },
      { to: "/playback", key: "playback", icon: IconPlayerPlay, needs: "review" },
      { to: "/cases", key: "cases", icon: IconFolder, needs: "export" },
    ],
  },
  {
    key: "operation",
    entries: [
      { to: "/cameras", key: "cameras", icon: IconDeviceCctv, needs: "view" },
      { to: "/rules", key: "rules", icon: IconRuler2, needs: "manage_rules" },
      { to: "/health", key: "health", icon: IconActivityHeartbeat, needs: "view" },
      { to: "/places", key: "places", icon: IconMap2, needs: "manage_places" },
      { to: "/people", key: "people", icon: IconUsers, needs: "manage_people" },
      { to: "/bells", key: "bells", icon: IconBell, needs: "view" },
      { to: "/channels", key: "channels", icon: IconSend, needs: "manage_channels" },
      { to: "/audit", key: "audit", icon: IconShieldCheck, needs: "audit" },
    ],
  },
] as const satisfies { key: string; entries: Entry[] }[];

/** The pages that the person may see. */
export function Navigation() {
  const { t } = useTranslation();
  const may = useMay();
  const path = useRouterState({ select: (state) => state.location.pathname });
  return (
    <>
      {GROUPS.map((group) => {
        const entries = group.entries.filter((entry) => may(entry.needs));
        if (entries.length === 0) return null;
        return (
          <section key={group.key} aria-label={t(`nav.${group.key}`)}>
            <Text size="xs" fw={700} tt="uppercase" className={classes.group} px="md" pt="md" pb={4}>
              {t(`nav.${group.key}`)}
            </Text>
            {entries.map((entry) => (
              <RouterLink
                key={entry.to}
                to={entry.to}
                label={t(`nav.${entry.key}`)}
                leftSection={<entry.icon size={20} stroke={1.6} aria-hidden />}
                active={path === entry.to || path.startsWith(`${entry.to}/`)}
              />
            ))}
          </section>
        );
      })}
    </>
  );
}
