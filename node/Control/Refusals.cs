using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Messaging;

// Without a default arm the compiler names the refusal that is missing.
#pragma warning disable CS8524

namespace QuicProChat.Mesh.Node.Control;

/// <summary>What clients are told where messaging refuses: its sentence, and which command helps.</summary>
internal static class Refusals
{
    internal static (ErrorCode Code, string Text) Say(Refusal why, string text) => why switch
    {
        Refusal.Usage => (ErrorCode.Usage, text),
        Refusal.Refused => (ErrorCode.Refused, text),
        Refusal.UnknownReceiver => (ErrorCode.Refused, text + "; 'routes' lists who has"),
        Refusal.UnknownName => (
            ErrorCode.Refused,
            text + "; 'alias NAME ADDRESS' gives an address a name, 'alias' and 'contact list' show those there are"),
        Refusal.UnknownConversation =>
            (ErrorCode.Refused, text
                + "; 'group list', 'lite list', 'channel list' and 'account conversations' show those there are"),
        Refusal.NobodyElse => (ErrorCode.Refused, text + "; 'lite invite' lets somebody in"),
    };

    internal static ControlException ToControl(MessagingException e)
    {
        (ErrorCode code, string text) = Say(e.Why, e.Message);
        return new ControlException(code, text);
    }
}
