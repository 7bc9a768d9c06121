import { Alert, Button, Divider, Group, PasswordInput, Stack, Switch, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { http, queryClient, type Schemas } from "../../api/client";
import { useSession } from "../../api/session";
import { refuse } from "../fields";
import { RemoveButton } from "../RemoveButton";
import { SaveTrouble } from "../SaveTrouble";
import { useEdit } from "../useEdit";
import { RolesField } from "./RolesField";

interface Values {
  display_name: string;
  disabled: boolean;
  password: string;
  roles: Schemas["HeldRole"][];
}

const valuesOf = (user: Schemas["UserAnswer"]): Values => ({
  display_name: user.display_name,
  disabled: user.disabled,
  password: "",
  roles: user.roles.map((held) => ({ ...held, place_id: held.place_id ?? null })),
});

/** An account: its name, its roles, its password, and whether it may sign in. */
export function EditUser({ user, onDone }: { user: Schemas["UserAnswer"]; onDone: () => void }) {
  const { t } = useTranslation(["operator", "common"]);
  const { user: own } = useSession();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const params = { path: { user_id: user.id } };
  const form = useForm({
    initialValues: valuesOf(user),
    validate: {
      password: (word) => (!word || word.length >= 10 ? null : t("common:session.tooShort")),
      roles: { place_id: (place?: string | null) => (place === undefined ? t("people.placeNeeded") : null) },
    },
  });
  const fields = {
    display_name: { label: t("people.display"), right: t("right.name"), value: String },
    disabled: { label: t("people.disable") },
    password: { label: t("people.newPassword"), right: t("common:session.tooShort") },
    roles: { label: t("people.roles") },
  };
  const { edit, fill } = useEdit(form, user, valuesOf, fields);
  const run = async (work: () => Promise<unknown>) => {
    setBusy(true);
    setError(undefined);
    try {
      await work();
      await queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/users"] });
      onDone();
    } catch (problem) {
      setError(problem);
      refuse(form, fields)(problem);
    } finally {
      setBusy(false);
    }
  };
  const save = form.onSubmit((all) =>
    run(async () => {
      const rolesChanged = form.isDirty("roles");
      const { data } = await http.PATCH("/api/v1/users/{user_id}", {
        params,
        body: {
          version: edit.version,
          display_name: all.display_name,
          ...(all.disabled !== user.disabled && { disabled: all.disabled }),
          ...(all.password && { password: all.password }),
        },
      });
      // The name is stored whatever becomes of the roles: those that were chosen stay in the form.
      if (data) fill(data, { roles: all.roles });
      if (rolesChanged)
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
        <TextInput label={fields.display_name.label} {...form.getInputProps("display_name")} />
        <RolesField
          value={form.values.roles}
          onChange={(roles) => form.setFieldValue("roles", roles)}
          errorOf={(at) => form.errors[`roles.${at}.place_id`]}
        />
        <PasswordInput
          label={fields.password.label}
          description={t("people.passwordHint")}
          autoComplete="new-password"
          {...form.getInputProps("password")}
        />
        {!self && (
          <Switch
            label={fields.disabled.label}
            description={t("people.disableHint")}
            {...form.getInputProps("disabled", { type: "checkbox" })}
          />
        )}
        <SaveTrouble error={error} fields={fields} edit={edit} />
        <Divider />
        <Group justify="space-between">
          <Button type="submit" loading={busy}>
            {t("common:do.save")}
          </Button>
          {!self && (
            <RemoveButton
              name={user.display_name}
              consequence={t("people.removeWhat")}
              label={t("people.remove")}
              onRemove={() => {
                void run(async () => {
                  await http.DELETE("/api/v1/users/{user_id}", { params });
                  notifications.show({ message: t("common:state.removed"), color: "green" });
                });
              }}
            />
          )}
        </Group>
      </Stack>
    </form>
  );
}
