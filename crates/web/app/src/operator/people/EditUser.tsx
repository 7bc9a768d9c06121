import { Alert, Button, Divider, Group, PasswordInput, Stack, Switch, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { http, queryClient, type Schemas } from "../../api/client";
import { useSession } from "../../api/session";
import { confirmRemoval } from "../confirm";
import { SaveTrouble } from "../SaveTrouble";
import { BAD } from "../tones";
import { RolesField } from "./RolesField";

/** An account: its name, its roles, its password, and whether it may sign in. */
export function EditUser({ user, onDone }: { user: Schemas["UserAnswer"]; onDone: () => void }) {
  const { t } = useTranslation(["operator", "common"]);
  const { user: own } = useSession();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const params = { path: { user_id: user.id } };
  const form = useForm({
    initialValues: {
      display_name: user.display_name,
      disabled: user.disabled,
      password: "",
      roles: user.roles,
    },
    validate: {
      password: (word) => (!word || word.length >= 10 ? null : t("common:session.tooShort")),
    },
  });
  const run = async (work: () => Promise<unknown>) => {
    setBusy(true);
    setError(undefined);
    try {
      await work();
      await queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/users"] });
      onDone();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  const save = form.onSubmit((all) =>
    run(async () => {
      const { data } = await http.PATCH("/api/v1/users/{user_id}", {
        params,
        body: {
          version: user.version,
          display_name: all.display_name,
          ...(all.disabled !== user.disabled && { disabled: all.disabled }),
          ...(all.password && { password: all.password }),
        },
      });
      if (form.isDirty("roles"))
        await http.PUT("/api/v1/users/{user_id}/roles", {
          params,
          body: { roles: all.roles, version: data?.version },
        });
      notifications.show({
        message: t(all.password ? "people.passwordSet" : "common:state.saved"),
        color: "green",
      });
    }),
  );
  const self = user.id === own.id;
  return (
    <form onSubmit={save} noValidate>
      <Stack>
        {self && <Alert color="gray">{t("people.yourself")}</Alert>}
        <TextInput label={t("people.display")} {...form.getInputProps("display_name")} />
        <RolesField value={form.values.roles} onChange={(roles) => form.setFieldValue("roles", roles)} />
        <PasswordInput
          label={t("people.newPassword")}
          description={t("people.passwordHint")}
          autoComplete="new-password"
          {...form.getInputProps("password")}
        />
        {!self && (
          <Switch
            label={t("people.disable")}
            description={t("people.disableHint")}
            {...form.getInputProps("disabled", { type: "checkbox" })}
          />
        )}
        <SaveTrouble error={error} />
        <Divider />
        <Group justify="space-between">
          <Button type="submit" loading={busy}>
            {t("common:do.save")}
          </Button>
          {!self && (
            <Button
              variant="outline"
              color={BAD}
              onClick={() =>
                confirmRemoval(user.display_name, t("people.removeWhat"), () => {
                  void run(() => http.DELETE("/api/v1/users/{user_id}", { params }));
                })
              }
            >
              {t("people.remove")}
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}
