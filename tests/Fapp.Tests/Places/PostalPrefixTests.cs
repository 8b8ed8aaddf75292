using System.Text;
using QuicProChat.Mesh.Fapp.Places;
using QuicProChat.Mesh.Fapp.Records;

namespace QuicProChat.Mesh.Fapp.Tests.Places;

/// <summary>Case 2: a postal code is text.</summary>
public class PostalPrefixTests
{
    [Theory]
    [InlineData("01067", "01", true)]
    [InlineData("01067", "0", true)]
    [InlineData("01067", "01067", true)]
    [InlineData("01067", "1", false)]
    [InlineData("01067", "10", false)]
    [InlineData("01067", "1067", false)]
    [InlineData("04109", "0", true)]
    [InlineData("10115", "1", true)]
    [InlineData("10115", "01", false)]
    public void Case_2_a_code_is_found_by_the_digits_that_it_begins_with(string code, string digits, bool found)
    {
        Assert.True(PostalPrefix.TryParse(digits, out PostalPrefix prefix));
        Assert.True(PostalCode.TryParse(code, out PostalCode parsed));
        Assert.Equal(found, prefix.Begins(parsed));
        Assert.Equal(digits, prefix.ToString());
    }

    [Theory]
    [InlineData("1067")]
    [InlineData("")]
    [InlineData("010670")]
    [InlineData(" 1067")]
    [InlineData("+1067")]
    [InlineData("0106O")]
    [InlineData("٠١٠٦٧")]
    public void Case_2_anything_but_five_digits_is_refused_as_a_code_and_not_padded(string text)
    {
        Assert.False(PostalCode.TryParse(text, out _));
        Assert.False(PostalCode.TryRead(Encoding.UTF8.GetBytes(text), out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0x")]
    [InlineData("-1")]
    [InlineData("010671")]
    [InlineData("٠")]
    public void What_begins_no_code_is_no_prefix(string text) => Assert.False(PostalPrefix.TryParse(text, out _));
}
