using QuicProChat.Mesh.Messaging;

// Without a default arm the compiler names the refusal that is missing.
#pragma warning disable CS8524

namespace QuicProChat.Mesh.Node.Control;

/// <summary>What clients are told where messaging refuses: its sentence, and which command helps.</summary>
internal static class Refusals
{
    internal static (ControlErrorCode Code, string Text) Say(Refusal why, string text) => why switch
    {
        Refusal.Usage => (ControlErrorCode.Usage, text),
        Refusal.Refused => (ControlErrorCode.Refused, text),
        Refusal.UnknownReceiver => (ControlErrorCode.Refused, text + "; 'routes' lists who has"),
        Refusal.UnknownConversation => (ControlErrorCode.Refused, text + "; 'lite list' shows those there are"),
        Refusal.NobodyElse => (ControlErrorCode.Refused, text + "; 'lite invite' lets somebody in"),
    };

    internal static ControlException ToControl(MessagingException e)
    {
        (ControlErrorCode code, string text) = Say(e.Why, e.Message);
        return new ControlException(code, text);
    }
}
