namespace QuicProChat.Mesh.Node.Control;

/// <content>Commands about MLS-Lite groups: <c>ctl lite create</c> and so on.</content>
internal static partial class ControlCommands
{
    internal const string LiteCreate = "lite-create";
    internal const string LiteInvite = "lite-invite";
    internal const string LiteJoin = "lite-join";
    internal const string LiteList = "lite-list";
    internal const string LiteShow = "lite-show";
    internal const string LiteRekey = "lite-rekey";
    internal const string LiteLeave = "lite-leave";
    internal const string LiteRename = "lite-rename";

    internal const string LiteNames =
        "lite-create, lite-invite, lite-join, lite-list, lite-show, lite-rekey, lite-leave, lite-rename";
}
