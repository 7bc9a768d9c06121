import {
  Alert,
  Button,
  Center,
  Group,
  Paper,
  PasswordInput,
  Stack,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { http, queryClient, sessionKey } from "../api/client";
import { asProblem, type Problem } from "../api/problem";
import { ProblemAlert } from "../components/states";
import { LanguageSwitch } from "./LanguageSwitch";

/** Signing in; `ended` names who was signed in before the session ended. */
export function SignIn({ ended }: { ended?: string }) {
  const { t } = useTranslation();
  const [problem, setProblem] = useState<Problem>();
  const form = useForm({
    initialValues: { username: ended ?? "", password: "" },
    validate: {
      username: (name) => (name.trim() ? null : t("session.required")),
      password: (word) => (word ? null : t("session.required")),
    },
  });
  const [busy, setBusy] = useState(false);
  const signIn = form.onSubmit(async (body) => {
    setBusy(true);
    setProblem(undefined);
    try {
      const { data } = await http.POST("/api/v1/session", { body });
      queryClient.setQueryData(sessionKey, data ?? null);
      await queryClient.invalidateQueries({ predicate: (query) => query.queryKey !== sessionKey });
    } catch (error) {
      setProblem(asProblem(error));
      form.setFieldValue("password", "");
    } finally {
      setBusy(false);
    }
  });
  return (
    <Center mih="100vh" p="md" component="main">
      <Paper withBorder shadow="md" p="xl" w="100%" maw={400}>
        <form onSubmit={signIn} noValidate>
          <Stack>
            <Group justify="space-between" wrap="nowrap">
              <Group gap="sm">
                <img src="/icon.svg" alt="" width={40} height={40} />
                <div>
                  <Title order={1} size="h2">
                    {t("app.name")}
                  </Title>
                  <Text size="sm" c="dimmed">
                    {t("app.tagline")}
                  </Text>
                </div>
              </Group>
              <LanguageSwitch />
            </Group>
            {ended && <Alert color="yellow">{t("session.ended")}</Alert>}
            {problem &&
              (problem.code === "wrong_password" ? (
                <Alert color="red" role="alert">
                  {t("session.wrong")}
                </Alert>
              ) : (
                <ProblemAlert problem={problem} />
              ))}
            <TextInput
              label={t("session.username")}
              autoComplete="username"
              autoFocus={!ended}
              {...form.getInputProps("username")}
            />
            <PasswordInput
              label={t("session.password")}
              autoComplete="current-password"
              autoFocus={Boolean(ended)}
              {...form.getInputProps("password")}
            />
            <Button type="submit" loading={busy} fullWidth>
              {t("session.signIn")}
            </Button>
            <Text size="sm" c="dimmed">
              {t("session.forgot")}
            </Text>
          </Stack>
        </form>
      </Paper>
    </Center>
  );
}
