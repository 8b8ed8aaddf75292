using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Fapp.Tests;

/// <summary>Examples that the tests share.</summary>
internal static class Bodies
{
    internal static readonly byte[] RequestKey = PublicOf(0x40);

    internal static SlotAnnounce Announce { get; } = new()
    {
        Name = "Praxis Linde",
        Contact = "0341 123456",
        Plz = Plz("04109"),
        Provider = Provider.Practice,
        Profession = Profession.Psychotherapist,
        Procedures = Procedures.VT | Procedures.TP,
        Ages = AgeGroups.Adults,
        Payers = Payers.GKV | Payers.PKV,
        Languages = ["de", "gsg"],
        Accessibility = Accessibility.StepFree,
        Slots =
        [
            new Slot(new SlotId(0x01020304), 3_628_860, 50, Phase.Sprechstunde, Setting.Single, Modality.Praxis,
                FollowUp.No),
            new Slot(new SlotId(0x05060708), 3_638_940, 100, Phase.Langzeit, Setting.Group, Modality.Hybrid,
                FollowUp.Waiting),
        ],
        RequestKey = RequestKey,
        RequestKeyNumber = 7,
        Effort = 12,
    };

    internal static PostalCode Plz(string digits) =>
        PostalCode.TryParse(digits, out PostalCode code) ? code : throw new ArgumentException(digits, nameof(digits));

    private static byte[] PublicOf(byte first)
    {
        byte[] secret = [.. Enumerable.Range(first, 32).Select(i => (byte)i)], key = new byte[32];
        X25519.PublicKey(secret, key);
        return key;
    }
}
