import { Button, CloseButton } from "@mantine/core";
import { IconUrgent } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { usePlaces } from "../../api/session";
import { placePath } from "../../components/pick";
import { said } from "../../i18n";
import { Ago } from "../Ago";
import type { Alarm } from "./useAlarms";
import classes from "./wall.module.css";

/** An alarm that nobody has taken on, and the way to it. */
export function AlarmBanner({ alarm: { item }, onHide }: { alarm: Alarm; onHide: () => void }) {
  const { t } = useTranslation("officer");
  const navigate = useNavigate();
  const places = usePlaces();
  return (
    <div className={classes.banner} role="alert">
      <IconUrgent size={24} aria-hidden />
      <div>
        <strong>{t("live.alarmAt", { what: said(item.why) })}</strong>
        <div>
          {placePath(places, item.place_id)} · <Ago when={item.first_at} />
        </div>
      </div>
      <Button
        color="gray.0"
        c="red.9"
        onClick={() => void navigate({ to: "/queue", search: { item: item.id } })}
      >
        {t("live.alarmOpen")}
      </Button>
      <CloseButton variant="transparent" c="white" aria-label={t("live.alarmHide")} onClick={onHide} />
    </div>
  );
}
