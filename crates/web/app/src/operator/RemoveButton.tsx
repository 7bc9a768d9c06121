import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { confirmRemoval } from "./confirm";
import { BAD } from "./tones";

interface Props {
  /** What is removed. */
  name: string;
  /** What follows. */
  consequence: string;
  /** What the button says where "remove" is not enough. */
  label?: string;
  loading?: boolean;
  onRemove: () => void;
}

/** Removes something, once that was agreed to. */
export function RemoveButton({ name, consequence, label, loading, onRemove }: Props) {
  const { t } = useTranslation();
  return (
    <Button
      variant="outline"
      color={BAD}
      loading={loading}
      onClick={() => confirmRemoval(name, consequence, onRemove)}
    >
      {label ?? t("do.remove")}
    </Button>
  );
}
