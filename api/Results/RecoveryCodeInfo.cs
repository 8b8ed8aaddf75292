namespace QuicProChat.Mesh.Api;

/// <summary>A recovery bundle was stored.</summary>
/// <param name="Code">What opens it; told once, and kept nowhere.</param>
/// <param name="Server">Where it is.</param>
/// <param name="Accounts">Accounts in it.</param>
/// <param name="Contacts">Names, cards and compared numbers in it.</param>
/// <param name="HasCards">False: cards are left out, because there are too many.</param>
public sealed record RecoveryCodeInfo(string Code, string Server, int Accounts, int Contacts, bool HasCards)
{
    internal static void Show(Screen screen, RecoveryCodeInfo info)
    {
        screen.Line(info.Code);
        screen.Line(
            "Write it down: it is shown once. It brings back your identity, "
                + $"{Screen.Count(info.Accounts, "account")} and {Screen.Count(info.Contacts, "contact")}"
                + $"{(info.HasCards ? "" : " (cards left out)")}:");
        screen.Line($"  qpc-mesh ctl account recovery restore {info.Server}");
    }
}
