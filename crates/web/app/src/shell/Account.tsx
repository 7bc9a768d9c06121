import {
  Button,
  Group,
  Menu,
  PasswordInput,
  Stack,
  Text,
  useComputedColorScheme,
  useMantineColorScheme,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { modals } from "@mantine/modals";
import { notifications } from "@mantine/notifications";
import { IconApi, IconKey, IconLogout, IconMoonStars, IconSun, IconUserCircle } from "@tabler/icons-react";
import { lazy, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, http, queryClient, sessionKey } from "../api/client";
import { useSession } from "../api/session";
import { Later } from "../components/Later";
import { ProblemAlert } from "../components/states";
import { LanguageSwitch } from "./LanguageSwitch";

const TokensDialog = lazy(() => import("./Tokens"));

/** Who is signed in, and what one may set for oneself. */
export function Account() {
  const { t } = useTranslation(["common", "operator"]);
  const [tokens, setTokens] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const { user } = useSession();
  const scheme = useComputedColorScheme("light");
  const { setColorScheme } = useMantineColorScheme();
  const signOut = async () => {
    await http.DELETE("/api/v1/session");
    queryClient.clear();
    queryClient.setQueryData(sessionKey, null);
    window.location.assign("/");
  };
  const dark = scheme === "dark";
  return (
    <Group gap="xs" wrap="nowrap">
      <Text size="xs" c="white" opacity={0.85} visibleFrom="lg">
        {t("time.zone")}
      </Text>
      <LanguageSwitch />
      <Menu position="bottom-end" width={220}>
        <Menu.Target>
          <Button
            ref={button}
            variant="subtle"
            color="gray.0"
            size="compact-md"
            leftSection={<IconUserCircle size={20} aria-hidden />}
          >
            {user.display_name || user.username}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={dark ? <IconSun size={18} /> : <IconMoonStars size={18} />}
            onClick={() => setColorScheme(dark ? "light" : "dark")}
          >
            {dark ? t("theme.light") : t("theme.dark")}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconKey size={18} />}
            onClick={() => modals.open({ title: t("session.changePassword"), children: <ChangePassword /> })}
          >
            {t("session.changePassword")}
          </Menu.Item>
          <Menu.Item leftSection={<IconApi size={18} />} onClick={() => setTokens(true)}>
            {t("operator:tokens.title")}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item leftSection={<IconLogout size={18} />} onClick={() => void signOut()}>
            {t("session.signOut")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {tokens && (
        <Later>
          <TokensDialog
            onClose={() => {
              setTokens(false);
              button.current?.focus();
            }}
          />
        </Later>
      )}
    </Group>
  );
}

function ChangePassword() {
  const { t } = useTranslation();
  const change = api.useMutation("put", "/api/v1/session/password");
  const form = useForm({
    initialValues: { current: "", fresh: "", repeat: "" },
    validate: {
      current: (word) => (word ? null : t("session.required")),
      fresh: (word) => (word.length >= 10 ? null : t("session.tooShort")),
      repeat: (word, all) => (word === all.fresh ? null : t("session.differs")),
    },
  });
  const submit = form.onSubmit(({ current, fresh }) =>
    change.mutate(
      { body: { current, new: fresh } },
      {
        onSuccess: () => {
          modals.closeAll();
          notifications.show({ message: t("session.changed") });
        },
      },
    ),
  );
  return (
    <form onSubmit={submit}>
      <Stack>
        {change.error && <ProblemAlert problem={change.error} />}
        <PasswordInput
          label={t("session.current")}
          autoComplete="current-password"
          {...form.getInputProps("current")}
        />
        <PasswordInput
          label={t("session.new")}
          autoComplete="new-password"
          {...form.getInputProps("fresh")}
        />
        <PasswordInput
          label={t("session.repeat")}
          autoComplete="new-password"
          {...form.getInputProps("repeat")}
        />
        <Button type="submit" loading={change.isPending}>
          {t("do.save")}
        </Button>
      </Stack>
    </form>
  );
}
