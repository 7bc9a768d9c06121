import { useTranslation } from "react-i18next";
import { Page } from "../../components/Page";
import { Users } from "./Users";

/** Who may sign in, what they may do and where. */
export function PeoplePage() {
  const { t } = useTranslation("operator");
  return (
    <Page title={t("people.title")} hint={t("people.hint")} needs="manage_people">
      <Users />
    </Page>
  );
}
