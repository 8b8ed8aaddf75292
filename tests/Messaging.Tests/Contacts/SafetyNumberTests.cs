using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Contacts;

namespace QuicProChat.Mesh.Messaging.Tests.Contacts;

public sealed class SafetyNumberTests
{
    [Fact]
    public void Both_sides_see_the_same_sixty_digits_and_another_key_gives_others()
    {
        using LocalIdentity alice = ContactCardTests.Person(1), bob = ContactCardTests.Person(2),
        eve = ContactCardTests.Person(3);
        string number = Number(alice, bob);
        Assert.Equal(SafetyNumber.Digits, number.Length);
        Assert.All(number, c => Assert.True(char.IsAsciiDigit(c)));
        Assert.Equal(number, Number(bob, alice));
        // Half of it is each side's own, so whoever stands between shows to each another half.
        Assert.NotEqual(number, Number(alice, eve));
        Assert.NotEqual(number, Number(eve, bob));
        Assert.Equal(12, SafetyNumber.Group(number).Split(' ').Length);
    }

    [Fact]
    public void The_derivation_is_the_documented_one()
    {
        // Computed by tests/Messaging.Tests/Contacts/safety_number.py, which shares nothing with this code.
        using LocalIdentity alice = ContactCardTests.Person(1), bob = ContactCardTests.Person(2);
        Assert.Equal("045915685067057150624896015505674621636779533498703282389142", Number(alice, bob));
    }

    [Fact]
    public void A_number_is_recognised_as_typed_and_as_scanned_and_no_other_is()
    {
        using LocalIdentity alice = ContactCardTests.Person(1), bob = ContactCardTests.Person(2);
        string number = Number(alice, bob);
        Assert.True(SafetyNumber.Matches(number, number));
        Assert.True(SafetyNumber.Matches(number, " " + SafetyNumber.Group(number) + "\n"));
        Assert.True(SafetyNumber.Matches(number, SafetyNumber.ToScan(number)));
        Assert.False(SafetyNumber.Matches(number, number[..^1]));
        Assert.False(SafetyNumber.Matches(number, number[..^1] + (number[^1] == '0' ? '1' : '0')));
        Assert.False(SafetyNumber.Matches(number, ""));
    }

    private static string Number(LocalIdentity own, LocalIdentity their) =>
        SafetyNumber.Of(own.PublicKey.Span, their.PublicKey.Span);
    [Theory]
    [InlineData("1234", false)]
    [InlineData("12345 12345 12345 12345 12345 12345 12345 12345 12345 12345 12345 12345", true)]
    [InlineData("12345 12345 12345 12345 12345 12345 12345 12345 12345 12345 12345 1234x", false)]
    public void A_slip_of_the_finger_is_no_number(string entered, bool isNumber) =>
        Assert.Equal(isNumber, SafetyNumber.IsWhole(entered));

}
