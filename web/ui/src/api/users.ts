import { request, upload } from "../client/http";
import type { User } from "./types";

export type ProfileChanges = Partial<Pick<User, "name" | "avatar_colour" | "theme">>;

export const changeProfile = (changes: ProfileChanges): Promise<User> => request("PUT", "/api/users/profile", changes);

export const changePassword = (current: string, wanted: string): Promise<void> =>
  request("PUT", "/api/users/password", { current, new: wanted });

export const deleteAccount = (password: string): Promise<void> => request("DELETE", "/api/users/profile", { password });

export const setAvatar = (picture: Blob): Promise<User> => upload("/api/users/avatar", picture);

export const removeAvatar = (): Promise<User> => request("DELETE", "/api/users/avatar");
